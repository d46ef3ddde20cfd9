"""The client for asyncio: the same groups, rows and models, over httpx (an extra: pip install 'gatehouse-client[aio]', or [http2]).

    async with gatehouse.aio.AsyncClient.auto() as client:
        async for pod in client.core_v1.pods("shop").list(label_selector="app=web"):
            print(pod.metadata.name)
"""

from .client import AsyncClient
from .informer import AsyncInformer
from .resource import AsyncResource, AsyncSub
from .watch import AsyncWatch

__all__ = ["AsyncClient", "AsyncInformer", "AsyncResource", "AsyncSub", "AsyncWatch"]
