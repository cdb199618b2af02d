"""What a session watches, over all connections that it takes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Coroutine
from typing import Any, Callable

from .errors import EddyError
from .subscription import FrameQueue, Subscription

#: before an `unsub` that came too fast is sent again; s
_AGAIN_S = 1.0

#: Sends a request and gives its reply; the flag says whether it is sent again on another connection.
Ask = Callable[[dict[str, Any], bool], Awaitable[dict[str, Any]]]
#: Has work done beside.
Spawn = Callable[[Coroutine[Any, Any, None]], None]


class Subscriptions:
    """Topics that are watched: equal requests share a channel, and what a cut ended is subscribed to anew."""

    def __init__(self, ask: Ask, spawn: Spawn) -> None:
        self._ask = ask
        self._spawn = spawn
        self._by_key: dict[str, Subscription] = {}
        # several where requests that differ in words mean the same
        self._channels: dict[int, list[Subscription]] = {}
        #: channels that nobody watches any more
        self._leaving: set[int] = set()
        #: `sub`s without a reply
        self._beginning = 0

    async def add(self, request: dict[str, Any], queue: FrameQueue) -> Subscription:
        """Watches a topic.

        :param request: the `sub` without its op and id
        :raises EddyError: what the server refused it with
        """
        key = json.dumps(request, sort_keys=True)
        subscription = self._by_key.get(key)
        if subscription is None:
            opened = asyncio.get_running_loop().create_future()
            subscription = self._by_key[key] = Subscription(key, request, opened)
            self._spawn(self._begin(subscription))
        subscription.queues.add(queue)
        try:
            await asyncio.shield(subscription.opened)
        except BaseException:
            await self.remove(subscription, queue)
            raise
        return subscription

    async def remove(self, subscription: Subscription, queue: FrameQueue) -> None:
        """Ends the watch of one; the last one ends the channel."""
        queue.end(None)
        subscription.queues.discard(queue)
        if subscription.queues or self._by_key.get(subscription.key) is not subscription:
            return
        del self._by_key[subscription.key]
        channel = subscription.channel
        if channel is not None and subscription in self._channels.get(channel, ()):
            self._channels[channel].remove(subscription)
            await self._leave(channel)

    def resumable(self) -> list[dict[str, int]]:
        """The channels that another connection should go on with, and how far they have come."""
        return [
            {"channel": channel, "seq": max(subscription.seq for subscription in watching)}
            for channel, watching in self._channels.items()
            if watching
        ]

    def welcome(self, recovered: set[int]) -> None:
        """Goes on with what another connection has recovered, and subscribes anew to everything else."""
        self._leaving.clear()
        for channel in set(self._channels) - recovered:
            for subscription in self._channels.pop(channel):
                self._spawn(self._begin(subscription))
        # left since they were asked for
        for channel in recovered - set(self._channels):
            self._spawn(self._leave(channel))

    def accept(self, request: dict[str, Any] | None, reply: dict[str, Any]) -> None:
        """Takes the reply to a `sub`, before the first frame, unless everybody has left meanwhile.

        :param request: None when nobody waits for the reply any more
        """
        channel = reply["channel"]
        options = {name: value for name, value in (request or {}).items() if name not in ("op", "id")}
        subscription = self._by_key.get(json.dumps(options, sort_keys=True))
        if subscription is None:
            self._spawn(self._leave(channel))
            return
        subscription.accept(reply)
        self._channels.setdefault(channel, []).append(subscription)

    def take(self, channel: int, seq: int, tick: int, payload: Any) -> None:
        """Hands a frame on."""
        for subscription in self._channels.get(channel, ()):
            subscription.take(seq, tick, payload)

    def end(self, error: EddyError | None) -> None:
        """Nothing follows."""
        for subscription in self._by_key.values():
            subscription.fail(error)

    async def _begin(self, subscription: Subscription) -> None:
        """Sends a `sub`."""
        self._beginning += 1
        try:
            await self._ask({"op": "sub", **subscription.request}, True)
        except EddyError as error:
            if self._by_key.get(subscription.key) is subscription:
                del self._by_key[subscription.key]
            subscription.fail(error)
        finally:
            self._beginning -= 1
            await self._leave()

    async def _leave(self, *channels: int) -> None:
        """Ends channels that nobody watches, once no reply to a `sub` can name one of them any more."""
        self._leaving.update(channels)
        # looked at anew for each: a `sub` may have begun while the reply was awaited
        while self._leaving and self._beginning == 0:
            channel = self._leaving.pop()
            if not self._channels.get(channel):
                self._channels.pop(channel, None)
                await self._unsubscribe(channel)

    async def _unsubscribe(self, channel: int) -> None:
        try:
            await self._ask({"op": "unsub", "channel": channel}, False)
        except EddyError as error:
            # when the connection breaks first, the channel is gone as well
            if error.code == "RATE_LIMITED":
                self._spawn(self._leave_later(channel))

    async def _leave_later(self, channel: int) -> None:
        await asyncio.sleep(_AGAIN_S)
        await self._leave(channel)
