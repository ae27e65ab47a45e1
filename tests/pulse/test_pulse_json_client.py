import httpx
import pytest

from pulse.errors import PulseError, RefusedError
from pulse.json_client import JsonClient


def client(answer: httpx.Response | Exception) -> JsonClient:
    def handle(request: httpx.Request) -> httpx.Response:
        if isinstance(answer, Exception):
            raise answer
        answer.request = request
        return answer

    return JsonClient("http://app.example/", transport=httpx.MockTransport(handle))


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"error": {"code": "gone", "message": "trimmed"}}, "trimmed (410 gone)"),
        ({"error": "no such switch"}, "no such switch (410 Gone)"),
        (None, "GET /api/feed failed (410 Gone)"),
        (["odd"], "GET /api/feed failed (410 Gone)"),
    ],
)
async def test_an_error_answer_is_a_refusal_with_its_words(body: object, message: str) -> None:
    async with client(httpx.Response(410, json=body)) as app:
        with pytest.raises(RefusedError) as refused:
            await app.get("/api/feed")

    assert str(refused.value) == message
    assert refused.value.status == 410


async def test_a_side_that_does_not_answer_is_named() -> None:
    async with client(httpx.ConnectError("refused")) as app:
        with pytest.raises(PulseError, match=r"the app at http://app\.example doesn't answer: refused"):
            await app.get("/api/feed")


async def test_parameters_that_are_none_are_left_out() -> None:
    seen = []

    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(str(request.url))
        return httpx.Response(200, json={})

    async with JsonClient("http://app.example", transport=httpx.MockTransport(handle)) as app:
        await app.get("/api/feed", since=None, limit=5)

    assert seen == ["http://app.example/api/feed?limit=5"]


async def test_each_call_carries_the_token_of_the_moment() -> None:
    tokens = iter(["one", "two"])
    seen = []

    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers["authorization"])
        return httpx.Response(204)

    async def token() -> str:
        return next(tokens)

    async with JsonClient("http://app.example", token=token, transport=httpx.MockTransport(handle)) as app:
        await app.get("/a")
        await app.post("/b")

    assert seen == ["Bearer one", "Bearer two"]
