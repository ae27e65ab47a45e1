"""HTTP functions behind the host."""

import json
import socket

import pytest

APP = """
import json

import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.FUNCTION)


@app.route(route="echo/{name}/{*rest}", methods=["POST", "GET"])
async def echo(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    body = {
        "method": req.method,
        "url": req.url,
        "headers": dict(req.headers),
        "route": dict(req.route_params),
        "query": dict(req.params),
        "body": req.get_body().decode("latin-1"),
        "trace": context.trace_context.Traceparent,
    }
    return func.HttpResponse(json.dumps(body), status_code=201, mimetype="application/json", headers={"X-Own": "1"})


@app.route(route="text")
def text(req: func.HttpRequest) -> str:
    return "plain é"


@app.route(route="broken")
async def broken(req: func.HttpRequest) -> str:
    raise RuntimeError("secret reason")


@app.route(route="cookies", methods=["GET", "HEAD"])
async def cookies(req: func.HttpRequest) -> func.HttpResponse:
    response = func.HttpResponse("body", headers={"Content-Length": "999"})
    response.headers.add("Set-Cookie", "a=b=c; Path=/; HttpOnly; SameSite=Lax; Max-Age=60")
    response.headers.add("Set-Cookie", "d=e; Secure; SameSite=None; Expires=Wed, 21 Oct 2026 07:28:00 GMT")
    return response


@app.route(route="nothing")
async def nothing(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("ignored", status_code=204)


@app.route(route="size", methods=["POST"])
async def size(req: func.HttpRequest) -> str:
    return str(len(req.get_body()))


@app.route(route="table")
@app.table_input(arg_name="row", table_name="t", connection="S")
async def needs_table(req: func.HttpRequest, row: str) -> str:
    return row


@app.service_bus_queue_trigger(arg_name="message", queue_name="q", connection="S")
async def work(message: str) -> None:
    pass


@app.route(route="{*path}", methods=["GET"])
async def page(req: func.HttpRequest) -> str:
    return "page"
"""


@pytest.fixture(scope="module")
def host(hosts):
    return hosts.start(hosts.app(APP))


def test_a_request_arrives_with_all_its_parts(host):
    traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    headers = [("X-Twice", "1"), ("X-Twice", "2"), ("traceparent", traceparent)]

    answer = host.http.post("/echo/a%20b/c/d%2Fe?x=1&x=2&y=%C3%A9&empty=", content=b"\xff\x00", headers=headers)

    seen = answer.json()
    assert (answer.status_code, answer.headers["content-type"]) == (201, "application/json")
    assert answer.headers["x-own"] == "1"
    assert seen["method"] == "POST"
    assert seen["url"] == f"http://127.0.0.1:{host.port}/echo/a%20b/c/d%2Fe?x=1&x=2&y=%C3%A9&empty="
    assert seen["route"] == {"name": "a b", "rest": "c/d%2Fe"}
    assert seen["query"] == {"x": "1,2", "y": "é"}
    assert seen["headers"]["x-twice"] == "1,2"
    assert seen["body"] == "\xff\x00"
    assert seen["trace"] == traceparent


def test_text_is_answered_with_200(host):
    answer = host.http.get("/text")

    assert (answer.status_code, answer.text) == (200, "plain é")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"


def test_an_exception_is_answered_with_an_empty_500_and_logged_on_one_line(host):
    answer = host.http.get("/broken")

    assert (answer.status_code, answer.content) == (500, b"")
    (line,) = [line for line in host.log.read_text().splitlines() if "secret reason" in line]
    assert "invocation.failed function=broken" in line


def test_cookies_become_set_cookie_headers(host):
    answer = host.http.get("/cookies")

    assert answer.headers.get_list("set-cookie") == [
        "a=b%3Dc; max-age=60; path=/; samesite=lax; httponly",
        "d=e; expires=Wed, 21 Oct 2026 07:28:00 GMT; samesite=none; secure",
    ]
    assert (answer.headers["content-length"], answer.text) == ("4", "body")


def test_head_and_204_have_no_body(host):
    head, nothing = host.http.head("/cookies"), host.http.get("/nothing")

    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", "4")
    assert (nothing.status_code, nothing.content) == (204, b"")


def test_the_catch_all_answers_what_nobody_else_does(host):
    assert host.http.get("/").text == "page"
    assert host.http.get("/assets/app.js").text == "page"


def test_an_unknown_route_or_method_is_answered_with_404(host):
    assert host.http.delete("/anything").status_code == 404
    assert host.http.put("/echo/a/b").status_code == 404


def test_more_than_100_mb_is_refused(host):
    assert host.http.post("/size", content=b"x" * 1_000_000).text == "1000000"

    with socket.create_connection(("127.0.0.1", host.port)) as connection:
        connection.sendall(b"POST /size HTTP/1.1\r\nHost: x\r\nContent-Length: 104857601\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 413 ")


def test_a_body_without_content_length_does_not_reach_the_function(host):
    assert host.http.post("/size", content=iter([b"abc"])).text == "0"
    assert "http.body_dropped" in host.log.read_text()


def test_an_input_binding_that_nobody_fills_is_answered_with_500_and_named(host):
    assert host.http.get("/table").status_code == 500
    assert "http.input_not_served function=needs_table" in host.log.read_text()


def test_a_trigger_that_is_not_served_is_named(host):
    assert "work" in host.ready["functions"]
    assert "function work: serviceBusTrigger is not served by the stand-in" in host.log.read_text()


def test_neither_query_strings_nor_headers_are_logged(host):
    host.http.get("/text?code=query-secret", headers={"x-functions-key": "header-secret"})

    assert "-secret" not in host.log.read_text()


def test_the_route_prefix_of_host_json_stands_before_every_route(hosts):
    prefixed = hosts.start(hosts.app(APP, {"version": "2.0"}))

    assert prefixed.http.get("/api/text").text == "plain é"
    assert prefixed.http.get("/text").status_code == 404


def test_functions_are_listed_with_bindings_and_addresses(host):
    functions = {each["name"]: each for each in host.http.get("/admin/functions").json()}

    assert list(functions) == host.ready["functions"]
    assert functions["text"]["invoke_url_template"] == f"http://127.0.0.1:{host.port}/text"
    assert functions["work"]["config"]["bindings"][0]["queueName"] == "q"
    assert host.http.get("/admin/functions/text").json() == functions["text"]
    assert host.http.get("/admin/functions/absent").status_code == 404
    assert host.http.get("/admin/host/status").json()["state"] == "Running"


def test_http_functions_are_not_started_by_hand(host):
    assert host.http.post("/admin/functions/text", json={"input": ""}).status_code == 400
    assert host.http.post("/admin/functions/work", content=json.dumps([])).status_code == 400
    assert host.http.post("/admin/functions/absent", json={}).status_code == 404
