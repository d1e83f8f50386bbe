import pytest
import torch
import torch.nn.functional as F

from mnist_adder.data.augment import (
    AFFINE_DRAWS,
    DRAWS,
    ELASTIC_POINTS,
    augment_images,
    augment_shrunk,
    draw_augmentations,
    sums_around,
)


@pytest.fixture
def four(sample) -> torch.Tensor:
    test = sample[1]
    return test.pixels[test.labels == 4][:1].float()


def draws(**values: float) -> torch.Tensor:
    names = ("angle", "stretch_x", "stretch_y", "shear", "shift_x", "shift_y")
    drawn = torch.zeros(1, DRAWS)
    for name, value in values.items():
        drawn[0, names.index(name)] = value
    return drawn


def test_zeros_leave_the_images_as_they_are(four):
    assert torch.allclose(augment_images(four, draws()), four, atol=1e-2)


def test_a_shift_moves_by_two_pixels(four):
    assert torch.allclose(augment_images(four, draws(shift_x=1))[..., :-2], four[..., 2:], atol=1e-2)
    assert torch.allclose(augment_images(four, draws(shift_y=-1))[..., 2:, :], four[..., :-2, :], atol=1e-2)


def test_a_rotation_is_undone_by_its_opposite(four):
    there = augment_images(four, draws(angle=1))
    back = augment_images(there, draws(angle=-1))
    assert (there - four).square().mean() > 5 * (back - four).square().mean()


def test_stretch_and_shear_change_the_moments_as_they_should(four):
    def moments(image: torch.Tensor) -> torch.Tensor:
        """The covariance of a point of ink, over x and y."""
        line = torch.arange(28.0)
        x, y = torch.meshgrid(line, line, indexing="xy")
        weight = image[0, 0] / image.sum()
        points = torch.stack((x, y)) - torch.stack(((x * weight).sum(), (y * weight).sum())).reshape(2, 1, 1)
        return torch.einsum("ihw,jhw,hw->ij", points, points, weight)

    plain = moments(four)
    wide = moments(augment_images(four, draws(stretch_x=-1)))
    assert float(wide[0, 0] / plain[0, 0]) == pytest.approx(1 / 0.88**2, rel=0.05)
    assert float(wide[1, 1] / plain[1, 1]) == pytest.approx(1, rel=0.05)
    slanted = moments(augment_images(four, draws(shear=1)))
    # What is at (x, y) comes from (x + 0.15 y, y), so a point goes to (x - 0.15 y, y).
    assert float(slanted[0, 1] - plain[0, 1]) == pytest.approx(-0.15 * float(plain[1, 1]), rel=0.2)


def test_an_elastic_shift_moves_what_is_near_and_leaves_what_is_far(four):
    drawn = draws()
    drawn[0, AFFINE_DRAWS] = 1.0  # the shift along x at the first of the points, in the corner at the top left
    grid = torch.arange(28.0).expand(1, 1, 28, 28)
    moved = augment_images(grid, drawn)[0, 0] - grid[0, 0]
    assert float(moved[0, 0]) == pytest.approx(1.4, abs=0.1)
    assert moved[:, 20:].abs().max() < 0.1
    assert moved[20:].abs().max() < 0.1


def test_draws_are_uniform_and_come_from_the_generator():
    first, again = (draw_augmentations(2000, torch.Generator().manual_seed(3)) for _ in range(2))
    assert torch.equal(first, again)
    assert first.shape == (2000, AFFINE_DRAWS + 2 * ELASTIC_POINTS**2)
    assert float(first.mean()) == pytest.approx(0, abs=0.01)
    assert float(first.std()) == pytest.approx(3**-0.5, abs=0.01)
    assert first.abs().max() <= 1


def test_shrunk_images_are_the_means_of_the_augmented_ones(sample):
    images = sample[1].pixels[:50].float()
    drawn = 0.5 * draw_augmentations(50, torch.Generator().manual_seed(0))
    found, wanted = augment_shrunk(sums_around(images, 2), drawn, 2), F.avg_pool2d(augment_images(images, drawn), 2)
    still = F.avg_pool2d(images, 2)
    assert found.shape == (50, 1, 14, 14)
    assert (found - wanted).abs().mean() < 0.1 * (wanted - still).abs().mean()
    torch.testing.assert_close(augment_shrunk(sums_around(images, 2), 0 * drawn, 2), still, atol=1e-2, rtol=0)
