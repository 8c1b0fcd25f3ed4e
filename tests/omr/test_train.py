"""Training's parts: packed staves, weights there and back, figures, composed music engraved, a few steps learned."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
from lxml import etree

from media_pipeline.nets.staff_reader import WEIGHTS, StaffReader
from media_pipeline.omr.tokens import vocabulary
from media_pipeline.training.omr import engrave, music, shards
from media_pipeline.training.omr.align import agreement, core
from media_pipeline.training.omr.figures import Count, class_of
from media_pipeline.training.omr.truth import group_rests, read_part

torch = pytest.importorskip("torch")
onnx = pytest.importorskip("onnx")


def test_a_packed_staff_is_what_went_in_to_a_sixteenth_of_a_shade(tmp_path: Path) -> None:
    image = np.random.default_rng(1).integers(0, 256, (shards.ROWS, 333), dtype=np.uint8)
    kept = [
        shards.stave(image, ["clef.G2", "p4", "d4", "bar.s"], "sq1:Viola:pdf"),
        shards.stave(image[:, :50], [], "x"),
    ]
    shards.write(tmp_path / "a.staves", kept)
    back = shards.read(tmp_path / "a.staves")
    assert back == kept
    assert back[0].tokens == ("clef.G2", "p4", "d4", "bar.s")
    assert np.abs(back[0].image.astype(int) - image).max() <= 9
    assert back[1].image.shape == (shards.ROWS, 50)
    assert not list(tmp_path.glob("*.part"))


def test_weights_go_to_a_file_and_back_and_the_reader_sees_what_torch_sees(tmp_path: Path) -> None:
    from media_pipeline.training.omr import weights
    from media_pipeline.training.omr.net import StaffNet

    torch.manual_seed(1)
    words = vocabulary()[:20]
    net = StaffNet(len(words)).eval()
    weights.save(net, words, "test", tmp_path / "net.onnx")
    reader = StaffReader(tmp_path / "net.onnx")
    assert (reader.version, reader.vocabulary) == ("test", words)
    staff = np.random.default_rng(2).integers(0, 256, (160, 320), dtype=np.uint8)
    back = weights.load(tmp_path / "net.onnx", words)
    with torch.inference_mode():
        ink = torch.from_numpy((255 - staff.astype(np.float32)) / 255)[None, None]
        told = [torch.log_softmax(n(ink), -1)[0].numpy() for n in (net, back)]
    read = reader.read(staff)
    assert read.shape == (160, 20)
    assert np.abs(read - told[1]).max() < 1e-3  # the file's own numbers
    assert np.abs(read - told[0]).max() < 0.05  # what half precision costs


def test_a_mean_of_weights_lies_between_them(tmp_path: Path) -> None:
    from media_pipeline.training.omr import weights
    from media_pipeline.training.omr.net import StaffNet

    known = list(vocabulary())
    for name in ("one", "other"):
        weights.save(StaffNet(len(known)).eval(), known, "1", tmp_path / name)
    one, other, mixed = (
        net.state_dict()["head.weight"]
        for net in (
            weights.load(tmp_path / "one", known),
            weights.load(tmp_path / "other", known),
            weights.mean([tmp_path / "one", tmp_path / "other"], [0.25, 0.75], known),
        )
    )
    assert torch.allclose(mixed, 0.25 * one + 0.75 * other, atol=1e-4)
    assert not torch.allclose(one, other, atol=1e-3)


def test_a_token_the_weights_do_not_know_starts_unlearned(tmp_path: Path) -> None:
    from media_pipeline.training.omr import weights
    from media_pipeline.training.omr.net import StaffNet

    words = vocabulary()[:20]
    weights.save(StaffNet(20).eval(), words, "test", tmp_path / "net.onnx")
    turned = ["<b>", "new", *reversed(words[1:])]
    old, new = weights.load(tmp_path / "net.onnx", words), weights.load(tmp_path / "net.onnx", turned)
    assert new.head.bias[1] == weights.NEW_TOKEN_BIAS
    assert not new.head.weight[1].any()
    assert torch.equal(new.head.weight[2], old.head.weight[19])


def test_the_weights_in_the_repository_know_the_vocabulary() -> None:
    assert StaffReader().vocabulary == vocabulary()
    assert WEIGHTS.stat().st_size < 15_000_000


def test_every_token_has_a_class_and_figures_count_what_was_read() -> None:
    tokens = ("p-3", "d16", "r4", "mm", "n0", "sl(", "hair)", "gd8", "bar.rep", "dim(")
    assert {class_of(token) for token in tokens} == {
        "position", "note value", "rest", "multi-rest", "slur", "hairpin", "grace", "repeat",
    }  # fmt: skip
    count = Count()
    count.add(["clef.G2", "p1", "d4", "p3", "d4", "bar.s"], ["clef.G2", "p1", "d4", "p2", "d8", "dot", "bar.s"])
    assert count.edits == 3
    assert count.error == pytest.approx(3 / 7)
    assert count.f1("position") == pytest.approx(0.5)
    assert count.f1("clef") == 1
    assert {row[0]: row[1] for row in count.table()}["note value"] == 2


def test_a_part_engraved_by_verovio_gives_its_lines_and_the_net_reads_them(tmp_path: Path) -> None:
    for seed in (1, 2):
        r = random.Random(seed)
        laid = engrave.lay(etree.fromstring(music.compose(seed).encode()), r)
        found = engrave.engrave(laid, "verovio", r, tmp_path, "composed:1")
        assert 0 < len(found) <= len(laid.lines)
        assert all(stave.image.shape[0] == shards.ROWS for stave in found)
        plain = [stave for stave in found if "lo" not in stave.tokens]
        # Misplaced lines or crops would be read as other music altogether.
        assert sorted(agreement(stave) for stave in plain)[len(plain) // 2] < 0.35
        assert agreement(shards.stave(found[0].image, found[-1].tokens, "")) > 0.35


def test_line_breaks_and_multi_rests_are_written_into_the_document() -> None:
    root = etree.fromstring(music.compose(3).encode())
    laid = engrave.lay(root, random.Random(1), lines=4)
    told = etree.fromstring(laid.document)
    assert len(laid.lines) == 4
    assert len(told.findall(".//print")) == 3
    printed = group_rests(read_part(told, 0))
    rests = [len(group) for group in printed if len(group) > 1]
    assert [int(rest.text or 0) for rest in told.iter("multiple-rest")] == rests
    assert sum(line.count("mm") for line in laid.lines if line) <= len(rests)


def test_one_staff_of_a_piano_keeps_its_time() -> None:
    def note(step: str, voice: int, staff: int) -> str:
        pitch = f"<pitch><step>{step}</step><octave>4</octave></pitch>"
        return (
            f"<note>{pitch}<duration>4</duration><voice>{voice}</voice><type>whole</type><staff>{staff}</staff></note>"
        )

    root = etree.fromstring(
        "<score-partwise><part-list><score-part id='P1'><part-name/></score-part></part-list><part id='P1'>"
        "<measure number='1'><attributes><divisions>1</divisions><staves>2</staves>"
        "<clef number='1'><sign>G</sign><line>2</line></clef><clef number='2'><sign>F</sign><line>4</line></clef>"
        f"</attributes>{note('C', 1, 1)}<backup><duration>4</duration></backup>{note('E', 5, 2)}</measure></part>"
        "</score-partwise>"
    )
    assert not engrave.crosses(root, 0)
    low = engrave.one_staff(root, 0, 2)
    assert [step.text for step in low.iter("step")] == ["E"]
    assert [sign.text for sign in low.iter("sign")] == ["F"]
    assert read_part(low, 0)[0].length == 4
    for number, staff in zip((1, 2), root.iter("staff"), strict=True):
        staff.text = str(number)
    for voice in root.iter("voice"):
        voice.text = "1"
    assert engrave.crosses(root, 0)
    assert core(["clef.G2", "p3", "d4", "bar.rep", "dyn.p", "mm", "n2"]) == ["p3", "d4", "bar", "mm", "n2"]


def test_a_few_steps_on_one_staff_lower_its_loss() -> None:
    from torch.nn import functional

    from media_pipeline.training import train_omr
    from media_pipeline.training.omr import weights

    image = np.full((shards.ROWS, 300), 255, np.uint8)
    image[60:150:12] = 0
    image[90:110, 100:120] = 0
    stave = shards.stave(image, ["clef.G2", "p4", "reh", "d4", "hair)", "bar.s"], "composed:1:verovio")
    assert train_omr.learnable(stave, set(vocabulary()))
    assert not train_omr.learnable(shards.stave(image[:, :12], stave.tokens, "x"), set(vocabulary()))
    batch = next(iter(train_omr.Drawn([stave], 2, seed=1)))
    assert batch.ink.shape[2] == 160
    assert batch.lengths.tolist() == [6, 6]
    net = weights.load(WEIGHTS, vocabulary())
    optimiser = torch.optim.AdamW(net.parameters(), lr=1e-3)
    losses = []
    for _ in range(10):
        likely = functional.log_softmax(net(batch.ink.float() / 255), -1).transpose(0, 1)
        loss = functional.ctc_loss(likely, batch.tokens, batch.frames, batch.lengths, blank=0)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < losses[0] / 2
    assert train_omr.rate(0.5, 100, 1e-3) < 1e-3 < train_omr.rate(0.1, 100, 1e-3)


def test_staves_with_rare_signs_are_drawn_more_often() -> None:
    from media_pipeline.training.train_omr import OFTEN, odds

    image = np.full((shards.ROWS, 40), 255, np.uint8)
    plain = shards.stave(image, ["clef.G2", "p4", "d4", "bar.s"], "x")
    rare = shards.stave(image, ["clef.G2", "p4", "d4", "8va)", "bar.s"], "x")
    some = [*[plain] * 97, *[rare] * 3]
    chances = odds(some)
    assert chances.sum() == pytest.approx(1)
    assert chances[-1] / chances[0] == pytest.approx((0.1 / 0.03) ** 0.5)
    assert odds([*[plain] * 999, rare])[-1] / odds([*[plain] * 999, rare])[0] == pytest.approx(OFTEN)


def test_a_pack_keeps_training_and_held_out_staves_apart(tmp_path: Path) -> None:
    from media_pipeline.training import train_omr

    image = np.full((shards.ROWS, 300), 255, np.uint8)
    for name, source in (("composed-1", "composed:4:verovio"), ("dev-lieder-lc1", "lc1:0.1:musescore")):
        shards.write(tmp_path / f"{name}.staves", [shards.stave(image, ["clef.G2", "mR", "bar.f"], source)])
    train_omr.pack(tmp_path, tmp_path / "pack")
    learned, held = train_omr.load(tmp_path / "pack")
    assert [train_omr.kind_of(s) for s in learned] == ["composed"]
    assert [train_omr.kind_of(s) for s in held] == ["lieder"]
    assert np.array_equal(held[0].image, image)
