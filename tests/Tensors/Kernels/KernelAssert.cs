using Distributed.Tensors.Kernels;
using Distributed.Tensors.Processor;
using Distributed.Tensors.Tests.Simd;
using static TorchSharp.torch;

namespace Distributed.Tensors.Tests.Kernels;

/// <summary>
/// Compares a kernel with its plain form in float64: forward and backward, with registers of both widths, with one and two threads.
/// </summary>
internal static class KernelAssert
{
    /// <summary>
    /// Compares results and the gradients of all inputs that require one. The bits must not depend on the number of threads; a kernel that
    /// uses library products is exempt if these products are not reproducible.
    /// </summary>
    public static void Agree(Tensor[] inputs, Func<Tensor[], Tensor[]> kernel, Func<Tensor[], Tensor[]> plain, double tolerance,
        bool hasProduct = false)
    {
        using var scope = NewDisposeScope();
        var wide = inputs.Select(input =>
            input.is_floating_point() ? input.detach().to(ScalarType.Float64).requires_grad_(input.requires_grad) : input).ToArray();
        var expected = Run(wide, plain);
        OfEitherWidth(() =>
        {
            var one = Run(inputs, kernel, threads: 1);
            var two = Run(inputs, kernel, threads: 2);
            Assert.Equal(expected.Length, one.Length);
            for (var i = 0; i < expected.Length; i++)
            {
                Assert.True((hasProduct && !ReproducibleProducts.IsEnabled) || one[i].bytes.SequenceEqual(two[i].bytes),
                    $"Tensor {i} depends on the number of threads.");
                Close(expected[i], one[i], tolerance, $"Tensor {i}");
                Close(expected[i], two[i], tolerance, $"Tensor {i} with two threads");
            }
        });
    }

    /// <summary>Runs a check with 256-bit registers and with 512-bit registers.</summary>
    public static void OfEitherWidth(Action check)
    {
        foreach (var wide in new[] { false, true })
        {
            using var width = new RegisterWidth(wide);
            check();
        }
    }

    /// <summary>Compares two tensors relative to the largest finite value; values that are not finite must be equal.</summary>
    public static void Close(Tensor expected, Tensor actual, double tolerance, string name)
    {
        using var scope = NewDisposeScope();
        Assert.Equal(expected.shape, actual.shape);
        if (expected.numel() == 0) return;
        var (e, a) = (expected.detach().to(ScalarType.Float64), actual.detach().to(ScalarType.Float64));
        Assert.True(e.isnan().eq(a.isnan()).all().item<bool>(), $"{name}: NaN at different positions.");
        var finite = e.isfinite().logical_and(a.isfinite());
        Assert.True(e.eq(a).logical_or(finite).logical_or(e.isnan()).all().item<bool>(), $"{name}: infinities at different positions.");
        var largest = e.masked_fill(finite.logical_not(), 0).abs().max().item<double>();
        var difference = (e - a).masked_fill(finite.logical_not(), 0).abs().max().item<double>();
        Assert.True(difference <= tolerance * Math.Max(largest, 1e-30), $"{name}: differs by {difference:E2}, largest {largest:E2}");
    }

    public static Tensor Random(int seed, ScalarType type, params long[] shape)
    {
        using var generator = new Generator((ulong)seed);
        return randn(shape, ScalarType.Float32, generator: generator).to(type);
    }

    private static Tensor[] Run(Tensor[] inputs, Func<Tensor[], Tensor[]> function, int threads = 1)
    {
        var before = get_num_threads();
        set_num_threads(threads);
        try
        {
            var outputs = function(inputs);
            var sources = inputs.Where(input => input.requires_grad).ToArray();
            if (sources.Length == 0) return [.. outputs.Select(output => output.detach().contiguous())];
            var gradients = autograd.grad(outputs, sources,
                [.. outputs.Select((output, i) => Random(50 + i, ScalarType.Float32, output.shape).to(output.dtype))]);
            BackwardGuard.ThrowIfFailed();
            return [.. outputs.Select(output => output.detach().contiguous()), .. gradients.Select(gradient => gradient.contiguous())];
        }
        finally
        {
            set_num_threads(before);
        }
    }
}
