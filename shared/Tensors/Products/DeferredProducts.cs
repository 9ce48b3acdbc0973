using static TorchSharp.torch;

namespace Distributed.Tensors.Products;

/// <summary>
/// Products that are weights' gradients, put off: no other rank waits for them, while one may wait for the inputs' gradients
/// (Qi et al. 2023, Zero Bubble Pipeline Parallelism, section 2, splits a backward in the same two).
/// </summary>
public sealed class DeferredProducts : IDisposable
{
    private readonly Queue<(Tensor Target, Tensor Y, Tensor X, Action<Tensor, Tensor, Tensor> Product)> _waiting = new();

    /// <summary>Puts a product off; its factors' memory is held until it is done.</summary>
    internal void Add(Tensor target, Tensor y, Tensor x, Action<Tensor, Tensor, Tensor> product) =>
        _waiting.Enqueue((target, y.alias().DetachFromDisposeScope(), x.alias().DetachFromDisposeScope(), product));

    /// <summary>Computes what was put off, in that order.</summary>
    public void Run()
    {
        using var mode = no_grad();
        while (_waiting.TryDequeue(out var next))
        {
            using (next.Y)
            using (next.X) next.Product(next.Target, next.Y, next.X);
        }
    }

    /// <summary>Forgets what was put off.</summary>
    public void Dispose()
    {
        while (_waiting.TryDequeue(out var next))
        {
            next.Y.Dispose();
            next.X.Dispose();
        }
    }
}
