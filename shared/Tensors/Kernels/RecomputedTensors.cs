using static TorchSharp.torch;

namespace Distributed.Tensors.Kernels;

/// <summary>
/// Tensors that are recomputed in backward instead of kept (activation recomputation, Chen et al. 2016). They are computed once for all
/// operations that use them, and freed when the last of these operations has taken them.
/// </summary>
/// <param name="keep">
/// Called in forward when the first user is added: keeps the inputs and returns the function that computes the tensors. That function is
/// called once, without a graph, and must return the same bits as the forward.
/// </param>
public sealed class RecomputedTensors(Func<Func<Tensor[]>> keep)
{
    private Func<Tensor[]>? _make;
    private Tensor[]? _values;
    private int _users;

    /// <summary>Registers, in forward, one more backward that will call <see cref="Take"/>.</summary>
    public void AddUser()
    {
        _make ??= keep();
        _users++;
    }

    /// <summary>Returns the tensors, which belong to the current dispose scope. Every user calls this once.</summary>
    /// <exception cref="InvalidOperationException">All users have taken the tensors: a backward ran twice.</exception>
    public Tensor[] Take()
    {
        if (_users-- <= 0)
            throw new InvalidOperationException("All users have taken the recomputed tensors; the backward of a graph runs once.");
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
