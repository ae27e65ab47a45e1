"""The signed-in user's mailbox, by the real SDK over TLS against the twin's Graph, on a delegated token."""

import uuid
from collections.abc import AsyncIterator

import pytest
from served_graph import StaticToken, a_world, served

from shared.adapters.graph.mail import KEPT, MsMailbox, MsMailboxes
from shared.adapters.memory import MemoryTables
from shared.domain.outbox import Kind, OutboxItem
from shared.flows.mail import Outbox
from shared.ports import GraphFault
from twin.clocks import MovableClock
from twin.entra.tokens import Entra
from twin.graph.app import graph_app
from twin.world import Person, World

SCOPES = "Mail.ReadWrite Mail.Send User.Read"
GRAPH = "https://graph.microsoft.com"


@pytest.fixture(scope="session")
def entra() -> Entra:
    return Entra(World(clock=MovableClock()))


@pytest.fixture
def world(entra: Entra) -> World:
    return a_world(entra)


@pytest.fixture
async def url(world: World, authority, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[str]:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.ca))
    async with served(graph_app(world), authority) as url:
        yield url


@pytest.fixture
def ada(world: World, url: str) -> MsMailbox:
    return mailbox_of(world, url, world.people[0])


@pytest.fixture
def grace(world: World, url: str) -> MsMailbox:
    return mailbox_of(world, url, world.people[1])


def mailbox_of(world: World, url: str, person: Person) -> MsMailbox:
    claims = {"oid": person.id, "azp": world.api_app_id, "scp": SCOPES}
    return MsMailbox(StaticToken(world.entra.issue(GRAPH, subject=person.id, **claims)), url)


def address_of(world: World, number: int) -> str:
    return world.graph.directory.get(world.people[number].id).properties["mail"]


async def sent_to_grace(world: World, ada: MsMailbox, *, subject: str = "Lunch?", text: str = "At noon.") -> None:
    draft = await ada.draft(str(uuid.uuid4()), to=[address_of(world, 1)], subject=subject, text=text)
    await ada.send(draft.id)


async def test_what_one_sends_the_other_reads(world, ada, grace):
    await sent_to_grace(world, ada)

    head = next(head for head in (await grace.page("inbox", None)).heads if head.subject == "Lunch?")
    message = await grace.message(head.id)

    assert (head.sender_address, head.is_read) == (address_of(world, 0), False)
    assert message.to == (address_of(world, 1),)
    assert "At noon." in message.html


async def test_a_list_goes_on_page_by_page(world, ada, grace):
    for number in range(30):
        await sent_to_grace(world, ada, subject=f"no {number}")

    first = await grace.page("inbox", None)
    second = await grace.page("inbox", first.link)

    subjects = [head.subject for head in (*first.heads, *second.heads)]
    assert not first.is_last
    assert len(set(subjects) & {f"no {number}" for number in range(30)}) == 30


async def test_marking_answers_the_version_by_which_it_will_be_announced(world, ada, grace):
    await sent_to_grace(world, ada)
    head = (await grace.page("inbox", None)).heads[0]

    marked = await grace.mark(head.id, is_read=True)

    assert marked.is_read
    assert marked.version != head.version
    assert (await grace.head(head.id)).version == marked.version


async def test_a_draft_is_found_by_its_outbox_id_before_and_after_it_was_sent(world, ada):
    outbox_id = str(uuid.uuid4())
    assert await ada.find(outbox_id) is None

    draft = await ada.draft(outbox_id, to=[address_of(world, 1)], subject="Lunch?", text="At noon.")
    found = await ada.find(outbox_id)
    await ada.send(draft.id)
    sent = await ada.find(outbox_id)

    assert (found.id, found.is_draft) == (draft.id, True)
    assert (sent.id, sent.is_draft) == (draft.id, False)


@pytest.mark.parametrize("kind", [Kind.REPLY, Kind.REPLY_ALL])
async def test_a_reply_quotes_what_it_answers_and_arrives_once(world, ada, grace, kind):
    await sent_to_grace(world, ada, text="Noon or one?")
    asked = (await grace.page("inbox", None)).heads[0]
    item = OutboxItem(id=str(uuid.uuid4()), kind=kind, message_id=asked.id, to=(), subject="", text="Noon.")
    outbox = Outbox(MemoryTables(), world.clock)

    for _ in range(2):
        await outbox.send("grace", item, grace)

    replies = [head for head in (await ada.page("inbox", None)).heads if head.conversation_id == asked.conversation_id]
    assert len(replies) == 1
    html = (await ada.message(replies[0].id)).html
    assert "Noon." in html
    assert "Noon or one?" in html


async def test_delta_tells_what_came_what_changed_and_what_went(world, ada, grace):
    page = await grace.delta("inbox", None)
    while not page.is_last:
        page = await grace.delta("inbox", page.link)
    await sent_to_grace(world, ada)

    news = await grace.delta("inbox", page.link)

    assert [head.subject for head in news.heads] == ["Lunch?"]
    assert "/delta" in news.link


async def test_a_link_to_another_host_is_not_followed(ada):
    with pytest.raises(GraphFault, match="leads to"):
        await ada.page("inbox", "https://evil.example/v1.0/me/messages")


async def test_what_is_not_there_is_404(ada):
    with pytest.raises(GraphFault) as fault:
        await ada.message("AAMkNothing")

    assert fault.value.status == 404


async def test_html_is_made_safe(world, ada, grace):
    evil = (
        '<p onclick="x()">Hi</p><script>steal()</script><img src="https://evil.example/seen.gif">'
        '<a href="javascript:x()">a</a><a href="https://example.test/">b</a><form action="https://evil.example">f</form>'
    )
    body = {"contentType": "html", "content": evil}
    user = world.graph.directory.get(world.people[1].id)
    made = world.graph.create_message(user, {"subject": "Offer", "body": body}, folder="inbox")

    html = (await grace.message(made.id)).html

    assert "Hi" in html
    assert not any(word in html for word in ("script", "onclick", "evil", "img", "form"))
    assert 'href="https://example.test/" target="_blank" rel="noopener noreferrer nofollow"' in html


def test_the_latest_mailboxes_keep_their_exchanged_tokens(url):
    mailboxes = MsMailboxes(StaticToken, url)
    first = mailboxes.of("0")

    assert mailboxes.of("0") is first
    for number in range(1, KEPT + 1):
        mailboxes.of(str(number))
    assert mailboxes.of("0") is not first
