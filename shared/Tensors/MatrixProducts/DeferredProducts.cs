using static TorchSharp.torch;

namespace Distributed.Tensors.MatrixProducts;

/// <summary>
/// A queue of deferred weight-gradient products. No other rank waits for weight gradients, while a rank may wait for input gradients
/// (Qi et al. 2023, Zero Bubble Pipeline Parallelism, section 2, splits backward in the same way).
/// </summary>
public sealed class DeferredProducts : IDisposable
{
    private readonly Queue<(Tensor Target, Tensor Y, Tensor X, Action<Tensor, Tensor, Tensor> Product)> _waiting = new();

    /// <summary>Defers a product; holds the memory of its factors until it is computed.</summary>
    internal void Add(Tensor target, Tensor y, Tensor x, Action<Tensor, Tensor, Tensor> product) =>
        _waiting.Enqueue((target, y.alias().DetachFromDisposeScope(), x.alias().DetachFromDisposeScope(), product));

    /// <summary>
    /// Computes deferred products in order, until the given share of all multiplications is done, rounded to whole products.
    /// </summary>
    /// <param name="share">Share of the multiplications, in (0, 1].</param>
    public void Run(double share)
    {
        using var mode = no_grad();
        var left = share * _waiting.Sum(product => Work(product.Y, product.X));
        while (_waiting.TryPeek(out var next) && Work(next.Y, next.X) / 2 <= left)
        {
            _waiting.Dequeue();
            left -= Work(next.Y, next.X);
            using (next.Y)
            using (next.X) next.Product(next.Target, next.Y, next.X);
        }
    }

    // Multiplications of the product of [R, O] and [R, I]: R O I.
    private static double Work(Tensor y, Tensor x) => (double)y.numel() * x.size(-1);

    /// <summary>Drops all deferred products.</summary>
    public void Dispose()
    {
        while (_waiting.TryDequeue(out var next))
        {
            next.Y.Dispose();
            next.X.Dispose();
        }
    }
}
