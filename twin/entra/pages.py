"""The two pages that people see: who do you want to be, and what went wrong."""

from html import escape

from twin.world import Person

STYLE = """
:root { color-scheme: light dark; --line: #8884; --card: #fff; --back: #f3f4f6; --ink: #1b1b1f; --soft: #6b7280; }
@media (prefers-color-scheme: dark) { :root { --card: #1f2127; --back: #131418; --ink: #f2f2f5; --soft: #a1a6b3; } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: var(--back); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif; }
main { width: min(26rem, 92vw); padding: 2rem; background: var(--card); border: 1px solid var(--line);
  border-radius: 14px; }
h1 { margin: 0; font-size: 1.4rem; }
p { margin: .25rem 0 1.25rem; color: var(--soft); overflow-wrap: anywhere; }
button { width: 100%; display: flex; gap: .9rem; align-items: center; margin-top: .6rem; padding: .7rem .9rem;
  font: inherit; color: inherit; text-align: left; background: none; border: 1px solid var(--line);
  border-radius: 10px; cursor: pointer; }
button:hover, button:focus-visible { border-color: #4f6bed; outline: 2px solid #4f6bed55; }
.face { flex: none; width: 2.5rem; height: 2.5rem; display: grid; place-items: center; border-radius: 50%;
  background: #4f6bed; color: #fff; font-weight: 600; }
small { display: block; color: var(--soft); }
"""


def sign_in_page(people: tuple[Person, ...]) -> str:
    """The buttons post back to the address of the page, whose query holds the whole request."""
    buttons = "".join(_button(person) for person in people)
    intro = "<h1>Sign in</h1><p>These people are made up and have no password. Pick one.</p>"
    return _page("Sign in", f'{intro}<form method="post">{buttons}</form>')


def error_page(message: str) -> str:
    return _page("Sign-in failed", f"<h1>Sign-in failed</h1><p>{escape(message)}</p>")


def _button(person: Person) -> str:
    initials = "".join(word[0] for word in person.name.split())
    about = " · ".join((person.mail, *person.roles))
    return (
        f'<button name="person" value="{escape(person.alias)}"><span class="face" aria-hidden="true">'
        f"{escape(initials)}</span><span>{escape(person.name)}<small>{escape(about)}</small></span></button>"
    )


def _page(title: str, body: str) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body><main>{body}</main></body></html>"
    )
