using Distributed.Models.Parameters;
using Distributed.Tensors.Kernels;
using static TorchSharp.torch;

namespace Distributed.Models.Tests.Moe;

/// <summary>Compares parts of a network with fused kernels and with plain operators, in float64.</summary>
internal static class KernelComparison
{
    /// <summary>
    /// Runs a part; returns its results, then the gradients of its inputs and of its parameters for random gradients of the results.
    /// </summary>
    public static Tensor[] Run(KernelChoice kernels, Func<ParameterSet, Func<Tensor[], Tensor[]>> declare, params Tensor[] inputs)
    {
        using var parameters = new ParameterSet(ScalarType.Float64, ScalarType.Float64, kernels);
        var part = declare(parameters);
        parameters.Allocate();
        parameters.Initialise(3, 1);
        Tensor[] leaves = [.. inputs.Select(input => input.detach().requires_grad_())];
        var results = part(leaves);
        using var generator = new Generator(11);
        var gradients = autograd.grad(
            results, [.. leaves, .. parameters.All.Select(parameter => parameter.Value)],
            [.. results.Select(result => randn(result.shape, ScalarType.Float64, generator: generator))], allow_unused: true);
        BackwardGuard.ThrowIfFailed();
        return [.. results.Select(result => result.detach().clone()), .. gradients.Select(gradient => gradient.clone())];
    }

    /// <summary>Asserts that both implementations agree within 1e-12 of the largest value.</summary>
    public static void Agree(Func<ParameterSet, Func<Tensor[], Tensor[]>> declare, params Tensor[] inputs)
    {
        using var scope = NewDisposeScope();
        var (plain, fused) = (Run(KernelChoice.Plain, declare, inputs), Run(KernelChoice.Fused, declare, inputs));
        Assert.Equal(plain.Length, fused.Length);
        for (var i = 0; i < plain.Length; i++)
        {
            Assert.Equal(plain[i].shape, fused[i].shape);
            if (plain[i].numel() == 0) continue;
            var (difference, largest) = ((plain[i] - fused[i]).abs().max().item<double>(), plain[i].abs().max().item<double>());
            Assert.True(difference <= 1e-12 * Math.Max(1, largest), $"Tensor {i} differs by {difference:E2}.");
        }
    }

    public static Tensor Random(int seed, params long[] shape)
    {
        using var generator = new Generator((ulong)seed);
        return randn(shape, ScalarType.Float64, generator: generator);
    }
}
