"""Trains the staff reader, from the weights in the repository on, and writes them back.

    python -m media_pipeline.training.train_omr --data FOLDER --minutes 30 [--scratch FOLDER] [--resume]
    python -m media_pipeline.training.train_omr --data PACK --minutes 25          a GPU is used where there is one
    python -m media_pipeline.training.train_omr --data FOLDER --pack PACK         the best staves in one small file

FOLDER holds shards of media_pipeline.training.omr.make_data; those named `dev-` are measured on, never trained on.
AdamW, a learning rate that is flat for a fifth of the time and then falls as a cosine, CTC. The curve goes to
SCRATCH/curve.tsv, a checkpoint to SCRATCH/checkpoint.pt every few minutes, the figures to SCRATCH/figures.tsv.
"""

from __future__ import annotations

import argparse
import copy
import math
import os
import random
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional
from torch.utils.data import DataLoader, IterableDataset

from media_pipeline.nets.staff_reader import HEIGHT, STRIDE, WEIGHTS
from media_pipeline.omr.tokens import BLANK, vocabulary
from media_pipeline.training.omr import shards, weights
from media_pipeline.training.omr.align import for_net
from media_pipeline.training.omr.damage import damage
from media_pipeline.training.omr.figures import Count, classes_of
from media_pipeline.training.omr.net import StaffNet, parameters

FLAT = 0.2  # of the time at the full rate
WARM = 60  # steps up to it
MULTIPLE = 32  # pixels a batch's width is filled up to
SORTED = 16  # batches drawn together and sorted by width
COMMON = 0.1  # of the staves: a class or symbol that fewer hold makes them be drawn more often
OFTEN = 4.0  # times at most, unless told otherwise
SHARE = {"aligned": 0.32, "composed": 0.58, "lieder": 0.07, "quartets": 0.03}  # of what is drawn
PACK = 45_000_000  # bytes at most


@dataclass(frozen=True)
class Batch:
    ink: Tensor  # (batch, 1, 160, width) uint8, 0 is paper
    frames: Tensor  # of each staff
    tokens: Tensor  # all staves' one after the other
    lengths: Tensor


def kind_of(stave: shards.Stave) -> str:
    """Which maker it comes from."""
    source = stave.source.removeprefix("dev:")
    if source.startswith("composed"):
        return "composed"
    if source.endswith(":pdf"):
        return "aligned"
    return "lieder" if source.startswith("lc") else "quartets"


def load(data: Path) -> tuple[list[shards.Stave], list[shards.Stave]]:
    """Staves to train on and staves to measure on, of a folder of shards or of a pack."""
    if data.is_file():
        every = shards.read(data)
        return [s for s in every if not s.source.startswith("dev:")], [s for s in every if s.source.startswith("dev:")]
    train: list[shards.Stave] = []
    dev: list[shards.Stave] = []
    for path in sorted(data.glob("*.staves")):
        (dev if path.name.startswith("dev-") else train).extend(shards.read(path))
    return train, dev


def learnable(stave: shards.Stave, known: set[str]) -> bool:
    """Are there frames enough for its tokens, and all of them in the vocabulary?"""
    repeats = sum(a == b for a, b in zip(stave.tokens, stave.tokens[1:], strict=False))
    frames = stave.width * 10 / shards.INTERLINE / STRIDE
    return len(stave.tokens) + repeats < 0.85 * frames and known.issuperset(stave.tokens)


def collate(images: Sequence[NDArray[np.uint8]], rows: Sequence[Sequence[int]]) -> Batch:
    """Fill up to one width."""
    width = -(-max(image.shape[1] for image in images) // MULTIPLE) * MULTIPLE
    ink = np.zeros((len(images), 1, HEIGHT, width), np.uint8)
    for n, image in enumerate(images):
        ink[n, 0, :, : image.shape[1]] = 255 - image
    return Batch(
        torch.from_numpy(ink),
        torch.tensor([-(-image.shape[1] // STRIDE) for image in images]),
        torch.tensor([token for row in rows for token in row]),
        torch.tensor([len(row) for row in rows]),
    )


def odds(staves: Sequence[shards.Stave], most: float = OFTEN) -> NDArray[np.float64]:
    """(staves,) how likely each is drawn: what holds a rare class of symbols or a rare symbol, more often. Sums to 1.

    The root of how much rarer than COMMON a staff's rarest one is, as for words in word2vec (Mikolov et al. 2013).
    """
    held = [{*classes_of(stave.tokens), *stave.tokens} for stave in staves]
    share = {name: count / len(held) for name, count in Counter(name for each in held for name in each).items()}
    often = [max((math.sqrt(COMMON / share[name]) for name in each), default=1.0) for each in held]
    weights = np.clip(np.array(often), 1.0, most)
    return np.asarray(weights / weights.sum(), np.float64)


class Drawn(IterableDataset[Batch]):
    """Batches without end: staves drawn by their maker's share, the rarest signs more often, damaged, sorted by width
    a few batches at a time."""

    def __init__(self, staves: Sequence[shards.Stave], size: int, seed: int, often: float = OFTEN) -> None:
        self.pools: dict[str, list[shards.Stave]] = {}
        for stave in staves:
            self.pools.setdefault(kind_of(stave), []).append(stave)
        self.odds = {kind: odds(pool, often).cumsum() for kind, pool in self.pools.items()}
        self.size, self.seed = size, seed
        self.row = {token: n for n, token in enumerate(vocabulary())}

    def __iter__(self) -> Iterator[Batch]:
        cv2.setNumThreads(1)
        worker = torch.utils.data.get_worker_info()
        r = np.random.default_rng([self.seed, worker.id if worker else 0])
        kinds = list(self.pools)
        share = np.array([SHARE[kind] for kind in kinds])
        while True:
            picks = r.choice(len(kinds), self.size * SORTED, p=share / share.sum())
            drawn = [self._draw(kinds[k], float(r.random())) for k in picks]
            drawn.sort(key=lambda stave: stave.width)
            starts = np.arange(0, len(drawn), self.size)
            r.shuffle(starts)
            for start in starts:
                chosen = drawn[start : start + self.size]
                images = [damage(stave.image, r) for stave in chosen]
                yield collate(images, [[self.row[token] for token in stave.tokens] for stave in chosen])

    def _draw(self, kind: str, chance: float) -> shards.Stave:
        pool = self.pools[kind]
        return pool[min(int(np.searchsorted(self.odds[kind], chance)), len(pool) - 1)]


def rate(part: float, step: int, peak: float) -> float:
    """Learning rate when `part` of the time has passed."""
    fall = 1.0 if part < FLAT else 0.5 * (1 + math.cos(math.pi * min(1.0, (part - FLAT) / (1 - FLAT))))
    return peak * min(1.0, (step + 1) / WARM) * fall + 1e-6


def measure(net: StaffNet, staves: Sequence[shards.Stave], device: torch.device, *, damaged: bool) -> dict[str, Count]:
    """Read staves, of each maker apart; the same damage every time."""
    net.eval()
    words = vocabulary()
    out: dict[str, Count] = {}
    r = np.random.default_rng(7)
    with torch.inference_mode():
        for stave in staves:
            image = damage(stave.image, r) if damaged else for_net(stave.image)
            batch = collate([image], [[]])
            best = net(batch.ink.to(device).float() / 255)[0].argmax(-1).tolist()[: int(batch.frames[0])]
            read = [words[t] for n, t in enumerate(best) if words[t] != BLANK and (n == 0 or best[n - 1] != t)]
            out.setdefault(kind_of(stave), Count()).add(read, stave.tokens)
    return out


def pack(data: Path, out: Path) -> None:
    """As many staves as fit, by their makers' shares, held-out ones named so; drawn the same way every time."""
    train, dev = load(data)
    r = random.Random(1)  # noqa: S311
    known = set(vocabulary())
    chosen: list[shards.Stave] = []
    for staves, size, name in ((dev, PACK // 15, "dev:"), (train, PACK - PACK // 15, "")):
        for kind, share in SHARE.items():
            pool = [s for s in staves if kind_of(s) == kind and learnable(s, known)]
            r.shuffle(pool)
            left = size * share
            for stave in pool:
                left -= len(stave.packed) + 6 * len(stave.tokens)
                if left < 0:
                    break
                chosen.append(shards.Stave(name + stave.source, stave.tokens, stave.height, stave.width, stave.packed))
    shards.write(out, chosen)
    print(f"{len(chosen)} staves, {out.stat().st_size / 1e6:.1f} MB")


def train(asked: argparse.Namespace) -> None:
    """Train until the time is up, measuring now and then; write the weights at the end."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.manual_seed(0)
    if device.type == "cpu":
        torch.set_num_threads(asked.threads)
    cv2.setNumThreads(1)
    known = set(vocabulary())
    staves, held = load(asked.data)
    staves = [s for s in staves if learnable(s, known)]
    random.Random(3).shuffle(held)  # noqa: S311
    dev = [s for kind in SHARE for s in [h for h in held if kind_of(h) == kind][: asked.measured]]
    net = weights.load(asked.start, vocabulary())
    print(f"{stir(net)} tokens are new", flush=True)
    net.to(device)
    net.eye.to(memory_format=torch.channels_last)
    _wake(net, asked.keep_eye)
    half = device.type == "cuda" or halves_are_faster(net)
    size = asked.batch or (64 if device.type == "cuda" else 8)
    learned = [p for p in net.parameters() if p.requires_grad]
    matrices = [p for p in learned if p.ndim > 1]
    vectors = [p for p in learned if p.ndim <= 1]
    groups = [{"params": matrices, "weight_decay": 1e-2}, {"params": vectors, "weight_decay": 0.0}]
    optimiser = torch.optim.AdamW(groups, lr=asked.rate)
    asked.scratch.mkdir(parents=True, exist_ok=True)
    checkpoint = asked.scratch / "checkpoint.pt"
    step = seen = 0
    passed = 0.0
    if asked.resume and checkpoint.exists():
        kept = torch.load(checkpoint, map_location=device, weights_only=True)
        net.load_state_dict(kept["net"])
        optimiser.load_state_dict(kept["optimiser"])
        step, seen, passed = kept["step"], kept["seen"], kept["passed"]
    workers = max(1, (os.cpu_count() or 2) - 2) if device.type == "cuda" else 0
    feed = iter(DataLoader(Drawn(staves, size, seed=step, often=asked.often), batch_size=None, num_workers=workers))
    kind = "bfloat16" if half else "float32"
    print(f"{parameters(net)} parameters, {len(staves)} staves, {len(dev)} held out, {device}, {kind}", flush=True)
    began = time.monotonic() - passed
    limit = 60 * asked.minutes
    measured = passed
    losses: list[float] = []
    while (now := time.monotonic() - began) < limit:
        if now - measured > 60 * asked.every:
            measured = now
            note(asked.scratch, net, dev, device, now, seen, losses)
            _wake(net, asked.keep_eye)
            state = {"net": net.state_dict(), "optimiser": optimiser.state_dict()}
            torch.save({**state, "step": step, "seen": seen, "passed": now}, checkpoint)
        batch = next(feed)
        for group in optimiser.param_groups:
            group["lr"] = rate(now / limit, step, asked.rate)
        ink = (batch.ink.to(device, non_blocking=True).float() / 255).contiguous(memory_format=torch.channels_last)
        with torch.autocast(device.type, torch.bfloat16, enabled=half):
            logits = net(ink)
        likely = functional.log_softmax(logits.float(), -1).transpose(0, 1)
        loss = functional.ctc_loss(
            likely, batch.tokens.to(device), batch.frames, batch.lengths, blank=0, zero_infinity=True
        )
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 5.0)
        optimiser.step()
        step, seen = step + 1, seen + size
        losses.append(float(loss.detach()))
        if step % 10 == 0:
            print(f"{now / 60:.1f} min, {seen} seen, loss {np.mean(losses[-10:]):.3f}", flush=True)
    net.eval()
    weights.save(net, vocabulary(), asked.version, asked.out)
    note(asked.scratch, net, dev, device, limit, seen, losses)
    with (asked.scratch / "figures.tsv").open("w") as file:
        file.write("maker\tdamaged\tclass\tcases\tprecision\trecall\tF1\n")
        for damaged in (False, True):
            for kind, count in measure(net, dev, device, damaged=damaged).items():
                for name, cases, precision, recall, f1 in count.table():
                    file.write(f"{kind}\t{int(damaged)}\t{name}\t{cases}\t{precision:.3f}\t{recall:.3f}\t{f1:.3f}\n")


def halves_are_faster(net: StaffNet) -> bool:
    """Does this processor learn faster in bfloat16? Some twice as fast as in floats; others have it and are slower."""
    if not torch.cpu._is_avx512_bf16_supported():  # emulated, it is five times slower
        return False
    net = copy.deepcopy(net)  # its norms would remember the noise
    ink = torch.rand(4, 1, HEIGHT, 1024).contiguous(memory_format=torch.channels_last)
    best = {}
    for half in (False, True):
        times = []
        for _ in range(4):
            began = time.perf_counter()
            with torch.autocast("cpu", torch.bfloat16, enabled=half):
                logits = net(ink)
            logits.float().square().mean().backward()
            times.append(time.perf_counter() - began)
        best[half] = min(times)
    return best[True] < best[False]


def stir(net: StaffNet) -> int:
    """Let tokens that the weights do not know be learned: how many there are.

    Their rows are zero with a bias that keeps them silent; from there a thousand steps taught them nothing.
    """
    with torch.no_grad():
        asleep = ~net.head.weight.any(dim=1)
        net.head.weight[asleep] = 0.02 * torch.randn_like(net.head.weight[asleep])
        net.head.bias[asleep] = net.head.bias[~asleep].mean() - 1
    return int(asleep.sum())


def _wake(net: StaffNet, keep_eye: bool) -> None:
    """Ready to learn; with `keep_eye` the convolutions stay as they are, which makes a step three times as fast."""
    net.train()
    if keep_eye:
        net.eye.eval().requires_grad_(False)


def note(
    scratch: Path,
    net: StaffNet,
    dev: Sequence[shards.Stave],
    device: torch.device,
    now: float,
    seen: int,
    losses: list[float],
) -> None:
    """A line of the learning curve: symbol error of each maker's held-out staves, clean and damaged."""
    told = []
    for damaged in (False, True):
        for kind, count in sorted(measure(net, dev, device, damaged=damaged).items()):
            told.append(f"{kind}{' damaged' if damaged else ''} {count.error:.4f}")
    loss = float(np.mean(losses[-100:])) if losses else float("nan")
    line = "\t".join([f"{now / 60:.1f}", str(seen), f"{loss:.3f}", *told])
    print(line, flush=True)
    with (scratch / "curve.tsv").open("a") as file:
        file.write(line + "\n")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--data", type=Path, required=True, help="a folder of shards, or a pack")
    arguments.add_argument("--pack", type=Path, help="write a pack and do nothing else")
    arguments.add_argument("--minutes", type=float, default=30)
    arguments.add_argument("--scratch", type=Path, default=Path("build/omr"), help="checkpoint, curve, figures")
    arguments.add_argument("--start", type=Path, default=WEIGHTS, help="weights to start from")
    arguments.add_argument("--out", type=Path, default=WEIGHTS, help="weights to write")
    arguments.add_argument("--version", default="3", help="goes into the weights and into what was read with them")
    arguments.add_argument("--resume", action="store_true", help="go on from the checkpoint")
    arguments.add_argument("--keep-eye", action="store_true", help="learn all but the convolutions")
    arguments.add_argument("--measured", type=int, default=64, help="held-out staves of each maker to measure on")
    arguments.add_argument("--rate", type=float, default=6e-4)
    arguments.add_argument("--batch", type=int, default=0)
    arguments.add_argument("--often", type=float, default=OFTEN, help="times that a staff with rare signs is drawn")
    arguments.add_argument("--threads", type=int, default=1)
    arguments.add_argument("--every", type=float, default=5, help="minutes between measurements")
    asked = arguments.parse_args()
    if asked.pack:
        pack(asked.data, asked.pack)
    else:
        train(asked)


if __name__ == "__main__":
    main()
