"""One message of a queue, with a queue and a runtime that the test holds in its hand."""

import asyncio
from types import SimpleNamespace

import pytest

from twin.functions_host.metadata import Function
from twin.functions_host.queue_messages import QueueMessages, QueueTrigger
from twin.functions_host.queue_options import QueueOptions
from twin.functions_host.runtime import Outcome
from twin.functions_host.storage_account import QueueAccount

TRIGGER = {"type": "queueTrigger", "name": "message", "queueName": "q"}


class Queue:
    """Notes what is done to the messages. A message that is held on gets a new receipt."""

    def __init__(self):
        self.acts = []
        self.held = asyncio.Event()

    async def update_message(self, message, *, visibility_timeout):
        self.acts.append(("update", message.pop_receipt, visibility_timeout))
        self.held.set()
        return SimpleNamespace(pop_receipt=f"r{len(self.acts)}")

    async def delete_message(self, message):
        self.acts.append(("delete", message.pop_receipt))


class Queues:
    def __init__(self):
        self.by_name = {"q": Queue(), "q-poison": Queue(), "old-poison": Queue()}

    def queue(self, _account, name):
        return self.by_name[name]

    async def send(self, queue, text):
        queue.acts.append(("send", text))


class Runtime:
    """Ends an invocation once the queue says that its message was held on, or at once."""

    def __init__(self, fault=None, until=None):
        self.runs = []
        self._fault = fault
        self._until = until

    async def invoke(self, _function, inputs, *, trigger_metadata, binding_data):
        self.runs.append((inputs["message"], trigger_metadata, binding_data))
        if self._until:
            await self._until.wait()
        return Outcome(fault=self._fault)


def message(*, count=1, content="aGVsbG8="):
    return SimpleNamespace(
        id="1",
        content=content,
        dequeue_count=count,
        inserted_on=None,
        expires_on=None,
        next_visible_on=None,
        pop_receipt="r0",
    )


def messages(runtime, queues, *, name="q", hold_s=600, options=None, **trigger):
    function = Function(name="f", id="1", bindings=({**TRIGGER, **trigger},))
    of = QueueTrigger(function=function, account=QueueAccount(connection_string="x"), queue=name)
    return QueueMessages(runtime, of, queues, options or QueueOptions(), hold_s=hold_s)


@pytest.fixture
def queues():
    return Queues()


async def test_a_message_that_takes_longer_is_held_on_and_deleted_by_its_last_receipt(queues):
    queue = queues.by_name["q"]

    await messages(Runtime(until=queue.held), queues, hold_s=0.02).handle(message())

    assert queue.acts[0] == ("update", "r0", 1)
    assert queue.acts[-1] == ("delete", f"r{len(queue.acts) - 1}")


async def test_a_failure_shows_the_message_again_after_the_visibility_timeout(queues):
    from datetime import timedelta

    options = QueueOptions(visibility_timeout=timedelta(seconds=30))

    await messages(Runtime(fault="no"), queues, options=options).handle(message(count=4))

    assert queues.by_name["q"].acts == [("update", "r0", 30)]


async def test_the_last_failure_sets_the_message_aside_as_it_stood(queues):
    await messages(Runtime(fault="no"), queues).handle(message(count=5))

    assert queues.by_name["q-poison"].acts == [("send", "aGVsbG8=")]
    assert queues.by_name["q"].acts == [("delete", "r0")]


async def test_a_message_fetched_too_often_by_hosts_that_died_is_set_aside_unrun(queues):
    runtime = Runtime()

    await messages(runtime, queues).handle(message(count=6))

    assert runtime.runs == []
    assert queues.by_name["q-poison"].acts == [("send", "aGVsbG8=")]


async def test_what_a_poison_queues_own_trigger_can_not_do_stays_hidden(queues):
    await messages(Runtime(fault="no"), queues, name="old-poison").handle(message(count=5))

    assert queues.by_name["old-poison"].acts == []


async def test_a_function_that_wants_bytes_gets_them_and_expressions_see_the_text(queues):
    runtime = Runtime()

    await messages(runtime, queues, dataType="binary").handle(message())

    data, metadata, expressions = runtime.runs[0]
    assert data.bytes == b"hello"
    assert {name: value.string for name, value in metadata.items()} == {
        "Id": "1",
        "DequeueCount": "1",
        "PopReceipt": "r0",
    }
    assert expressions["queueTrigger"] == "hello"
