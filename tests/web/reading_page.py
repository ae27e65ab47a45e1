"""What the tests ask a page: rows on the device, and whether something is shown by now."""

from collections import Counter
from typing import Any

from playwright.async_api import Page, expect

STORED = """async () => {
  const db = await new Promise((resolve, reject) => {
    const opening = indexedDB.open("graph-pulse");
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(opening.error);
  });
  const all = (table) => new Promise((resolve) => {
    const asking = db.transaction(table).objectStore(table).getAll();
    asking.onsuccess = () => resolve(asking.result);
  });
  const [rows, marks, meta] = [await all("rows"), await all("marks"), await all("meta")];
  db.close();
  return { rows, marks, meta };
}"""


async def stored_rows(page: Page) -> list[dict[str, Any]]:
    """In the order of their arrival."""
    stored: dict[str, list[dict[str, Any]]] = await page.evaluate(STORED)
    return stored["rows"]


async def stored(page: Page) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = await page.evaluate(STORED)
    return found


async def shows_count(page: Page, count: int) -> None:
    """The view of all events says so many."""
    await expect(page.locator("[data-view=all] b")).to_have_text(f"{count:,}")


async def is_live(page: Page) -> None:
    await expect(page.locator(".pill")).to_have_text("Live")


def repeated(rows: list[dict[str, Any]]) -> list[str]:
    return [name for name, count in Counter(row["id"] for row in rows).items() if count > 1]
