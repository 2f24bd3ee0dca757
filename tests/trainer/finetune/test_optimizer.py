"""The optimizer of a phase, and its state when a training goes on."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from trainer.finetune.checkpoint import Position, load_state, save_state

STEPS = 3


def network() -> nn.Module:
    torch.manual_seed(0)
    made = nn.Sequential(nn.Conv2d(3, 5, 3), nn.Conv2d(5, 7, 3), nn.Flatten(), nn.Linear(7 * 4 * 4, 2))
    return made.to(memory_format=torch.channels_last)


def learn(model: nn.Module, optimizer: torch.optim.Optimizer, steps: int, seed: int) -> None:
    for step in range(steps):
        torch.manual_seed(seed + step)
        optimizer.zero_grad()
        model(torch.randn(2, 3, 8, 8)).pow(2).mean().backward()
        optimizer.step()


def test_the_state_of_filters_keeps_its_order_in_memory(tmp_path: Path) -> None:
    """Filters lie with channels last; a file holds them with channels first."""
    undisturbed, interrupted = network(), network()
    first, second = (torch.optim.AdamW(each.parameters(), fused=True) for each in (undisturbed, interrupted))
    learn(undisturbed, first, 2 * STEPS, seed=0)
    learn(interrupted, second, STEPS, seed=0)
    save_state(tmp_path, Position(), interrupted, second, None, "test")
    resumed = network()
    third = torch.optim.AdamW(resumed.parameters(), fused=True)
    saved = load_state(tmp_path, "test")
    assert saved is not None
    saved.load_network(resumed)
    saved.load_rest(third, None)
    learn(resumed, third, STEPS, seed=STEPS)
    for expected, found in zip(undisturbed.parameters(), resumed.parameters(), strict=True):
        assert torch.equal(expected, found)


def test_fused_steps_are_those_of_the_plain_optimizer() -> None:
    fused, plain = network(), network()
    learn(fused, torch.optim.AdamW(fused.parameters(), fused=True), STEPS, seed=0)
    learn(plain, torch.optim.AdamW(plain.parameters(), foreach=False), STEPS, seed=0)
    for expected, found in zip(plain.parameters(), fused.parameters(), strict=True):
        assert found.detach().numpy() == pytest.approx(expected.detach().numpy(), abs=1e-6)
