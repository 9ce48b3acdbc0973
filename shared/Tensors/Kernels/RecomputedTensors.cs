using static TorchSharp.torch;

namespace Distributed.Tensors.Kernels;

/// <summary>
/// Inputs that operations' backwards need and that are not kept for them, but made again from what is kept anyway
/// (activation recomputation, Chen et al. 2016): once for all operations that asked, and freed when the last of them has taken them.
/// </summary>
/// <param name="keep">
/// Keeps what they are made of, called in the forward as soon as somebody asks; what it returns makes them, with the same bits as
/// in the forward, called once, without a graph.
/// </param>
public sealed class RecomputedTensors(Func<Func<Tensor[]>> keep)
{
    private Func<Tensor[]>? _make;
    private Tensor[]? _values;
    private int _users;

    /// <summary>Says, in the forward, that one more backward will take them.</summary>
    public void AddUser()
    {
        _make ??= keep();
        _users++;
    }

    /// <summary>The tensors, which belong to the present dispose scope. Called once by every user.</summary>
    /// <exception cref="InvalidOperationException">All users have taken them: a backward ran twice.</exception>
    public Tensor[] Take()
    {
        if (_users-- <= 0) throw new InvalidOperationException("What was to be computed again has been taken by all who asked for it; a graph's backward runs once.");
        if (_values is null)
        {
            using var scope = NewDisposeScope();
            using var mode = no_grad();
            _values = [.. _make!().Select(value => value.detach().DetachFromDisposeScope())];
        }

        Tensor[] taken = [.. _values.Select(value => value.alias())];
        if (_users == 0)
        {
            foreach (var value in _values) value.Dispose();
            _values = null;
        }

        return taken;
    }
}
