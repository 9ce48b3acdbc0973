using System.Diagnostics;
using Distributed.Tensors.MatrixProducts;
using static TorchSharp.torch;

namespace Distributed.Benchmarks.Steps;

/// <summary>
/// The matrix-product peak of the machine: the fastest of several large products, by libtorch's operator and by this project's.
/// </summary>
internal sealed class MatrixPeak : IDisposable
{
    private static readonly (long M, long K, long N)[] Sizes = [(2048, 256, 4096), (1024, 1024, 1024), (2048, 1024, 1024)];
    private readonly (Tensor A, Tensor B, Tensor C)[] _operands;

    public MatrixPeak(ScalarType type) =>
        _operands =
        [
            .. Sizes.Select(
                size => (rand(size.M, size.K).to(type).DetachFromDisposeScope(), rand(size.N, size.K).to(type).DetachFromDisposeScope(),
                    empty([size.M, size.N], type).DetachFromDisposeScope())),
        ];

    /// <summary>Measures one round. Returns GFLOP/s of the fastest product.</summary>
    public double Round() => _operands.Max(operands => Math.Max(
        Rate(operands, () => MatrixProduct.Multiply(Matrix.Of(operands.C), Matrix.Of(operands.A), Matrix.Of(operands.B).T)),
        Rate(operands, () => nn.functional.linear(operands.A, operands.B).Dispose())));

    private static double Rate((Tensor A, Tensor B, Tensor C) operands, Action product)
    {
        using var _ = no_grad();
        var operations = 2.0 * operands.A.numel() * operands.B.size(0);
        product();
        var best = double.PositiveInfinity;
        for (var turn = 0; turn < 3; turn++)
        {
            var start = Stopwatch.GetTimestamp();
            product();
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        return operations / best / 1e9;
    }

    public void Dispose()
    {
        foreach (var (a, b, c) in _operands)
        {
            a.Dispose();
            b.Dispose();
            c.Dispose();
        }
    }
}
