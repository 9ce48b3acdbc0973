using static TorchSharp.torch;

namespace Distributed.Tensors.MatrixProducts;

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

    /// <summary>Computes what was put off, in that order, until as near a share of its multiplications is done as whole products allow.</summary>
    /// <param name="share">In (0, 1].</param>
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

    // Of [R, O] and [R, I]: R O I.
    private static double Work(Tensor y, Tensor x) => (double)y.numel() * x.size(-1);

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
