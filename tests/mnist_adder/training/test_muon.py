import pytest
import torch

from mnist_adder.training.muon import ADAM_SIZE, Muon, orthogonalise, orthogonalise_together


@pytest.mark.parametrize("shape", [(16, 9), (10, 40), (8, 8), (1, 5), (5, 1)])
def test_orthogonalise_keeps_the_directions_and_evens_out_their_lengths(shape):
    torch.manual_seed(0)
    matrix = torch.randn(shape, dtype=torch.float64)
    u, _, v = torch.linalg.svd(matrix, full_matrices=False)
    inner = u.T @ orthogonalise(matrix) @ v.T
    assert torch.allclose(inner, torch.diag(inner.diagonal()), atol=1e-9)
    assert inner.diagonal().min() > 0.3
    assert inner.diagonal().max() < 1.3


def test_together_they_become_what_each_becomes_by_itself():
    torch.manual_seed(0)
    matrices = [torch.randn(shape, dtype=torch.float64) for shape in [(16, 9), (10, 40), (8, 8), (1, 5), (5, 1)]]
    for one, other in zip(map(orthogonalise, matrices), orthogonalise_together(matrices), strict=True):
        assert one.shape == other.shape
        assert torch.allclose(one, other, atol=1e-12)


def test_a_gradient_of_zero_moves_nothing():
    parameter = torch.ones(3, 4, requires_grad=True)
    parameter.grad = torch.zeros(3, 4)
    Muon([parameter], lr=0.1).step()
    assert torch.equal(parameter, torch.ones(3, 4))


def test_a_step_has_the_size_of_a_step_of_adam_and_the_way_of_the_momentum():
    torch.manual_seed(0)
    start = torch.randn(32, 16, 3, 3)
    parameter = start.clone().requires_grad_()
    optimizer = Muon([parameter], lr=0.01, momentum=0.9, weight_decay=0.5)
    first, second = torch.randn_like(start), torch.randn_like(start)
    parameter.grad = first
    optimizer.step()
    size = (parameter.detach() - start * (1 - 0.01 * 0.5)).square().mean().sqrt() / 0.01
    assert float(size) == pytest.approx(ADAM_SIZE, rel=0.2)

    before = parameter.detach().clone()
    parameter.grad = second
    optimizer.step()
    momentum = 0.9 * (0.1 * first) + 0.1 * second
    nesterov = (0.1 * second + 0.9 * momentum).reshape(32, -1)
    way = (before * (1 - 0.01 * 0.5) - parameter.detach()).reshape(32, -1)
    assert torch.allclose(way, 0.01 * ADAM_SIZE * 12 * orthogonalise(nesterov), atol=1e-6)


def test_a_parameter_without_a_gradient_is_left_alone():
    parameter = torch.ones(2, 2, requires_grad=True)
    Muon([parameter], lr=0.1, weight_decay=1.0).step()
    assert torch.equal(parameter, torch.ones(2, 2))
