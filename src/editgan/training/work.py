"""What trainings of networks do alike in one process; each of them says only what is its own."""

from abc import ABC, abstractmethod
from typing import Any, ClassVar, Generic, Protocol, TypeVar, runtime_checkable

import torch
from accelerate import Accelerator
from PIL import Image as PilImage
from torch import Tensor, nn

from editgan.core.devices import has_fast_bf16
from editgan.core.errors import InputError
from editgan.core.rng import seed_step
from editgan.training.distributed import average_gradients
from editgan.training.ema import ema_decay, update_ema


@runtime_checkable
class Settings(Protocol):
    """What the settings of every training have."""

    @property
    def total_kimg(self) -> float:
        """Thousand images to show, over all devices and all calls."""
        ...

    @property
    def batch_size(self) -> int:
        """Images per step, all devices together."""
        ...

    @property
    def seed(self) -> int:
        """Of everything that is drawn."""
        ...


Config = TypeVar("Config", bound=Settings)
Network = TypeVar("Network", bound=nn.Module)


class NetworkWork(ABC, Generic[Config]):
    """Networks and their optimisers; satisfies `training.loop.Work`."""

    saved: ClassVar[tuple[str, ...]]  # attributes whose state dicts make up the checkpoint

    def __init__(self, config: Config, accelerator: Accelerator) -> None:
        self.config, self.accelerator = config, accelerator
        self.device: torch.device = accelerator.device
        self.bf16 = has_fast_bf16(self.device)
        torch.manual_seed(config.seed)  # every process starts from the same weights

    @property
    def images_per_step(self) -> int:
        """Over all processes."""
        return self.config.batch_size

    @property
    def is_main(self) -> bool:
        """Whether this process writes the files."""
        return bool(self.accelerator.is_main_process)

    def step(self, images: int) -> dict[str, Tensor]:
        """One update, seeded by its number."""
        seed_step(self.config.seed, images // self.config.batch_size, self.accelerator.process_index)
        return self.learn(images)

    @abstractmethod
    def learn(self, images: int) -> dict[str, Tensor]:
        """One update; returns what is logged."""

    @abstractmethod
    def preview(self) -> PilImage.Image:
        """A picture that shows how far the training has come."""

    def state(self) -> dict[str, Any]:
        """What a resumed run needs."""
        return {name: getattr(self, name).state_dict() for name in self.saved}

    def restore(self, state: dict[str, Any]) -> None:
        """The inverse of `state`."""
        for name in self.saved:
            getattr(self, name).load_state_dict(state[name])

    def share(self, images: int, what: str = "batch_size") -> int:
        """How many of a step's images are this process's. Raises InputError if they cannot be shared out."""
        world: int = self.accelerator.num_processes
        if images % world:
            raise InputError(f"{what} {self.config.batch_size} must be a multiple of the {world} processes")
        return images // world

    def fast(self) -> torch.autocast:
        """bfloat16 where the device computes so natively."""
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.bf16)

    def in_place(self, network: Network) -> Network:
        """On the device, in the layout that convolutions like."""
        network.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        return network


class Descent(NetworkWork[Config]):
    """One network, the first of `saved`, its optimiser `adam`, and perhaps its average `ema`."""

    adam: torch.optim.Optimizer
    clip: ClassVar[float | None] = None  # the gradient's norm

    @abstractmethod
    def lr(self, images: int) -> float:
        """The learning rate once so many images were shown."""

    @abstractmethod
    def losses(self, images: int) -> tuple[Tensor, dict[str, Tensor]]:
        """What is lowered, and what is logged."""

    def learn(self, images: int) -> dict[str, Tensor]:
        """One step down; the average follows."""
        network = getattr(self, self.saved[0])
        for group in self.adam.param_groups:
            group["lr"] = self.lr(images)
        loss, told = self.losses(images)
        self.adam.zero_grad(set_to_none=True)
        self.accelerator.backward(loss)
        average_gradients(self.accelerator, network)
        if self.clip is not None:
            torch.nn.utils.clip_grad_norm_(network.parameters(), self.clip)
        self.adam.step()
        if "ema" in self.saved:
            size = self.config.batch_size
            decay = ema_decay(images + 1, size, half_life_images=2_000, ramp=0.05)
            update_ema(self.__dict__["ema"], network, decay)
        return {name: term.detach() for name, term in told.items()}

    def progress(self, images: int) -> float:
        """From 0 to 1."""
        return min(images / (self.config.total_kimg * 1000), 1.0)
