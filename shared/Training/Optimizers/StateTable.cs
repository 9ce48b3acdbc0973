using static TorchSharp.torch;

namespace Distributed.Training.Optimizers;

/// <summary>Holds an optimizer's state tensors by parameter name and state name.</summary>
/// <param name="states">Names of the states of each parameter.</param>
/// <param name="scalar">The state that is a float32 scalar instead of the master's shape and type; null for none.</param>
internal sealed class StateTable(string[] states, string? scalar) : IDisposable
{
    private readonly SortedDictionary<string, SortedDictionary<string, Tensor>> _table = new(StringComparer.Ordinal);

    public bool Keeps(string state) => states.Contains(state);

    public Tensor this[string parameter, string state] => _table[parameter][state];

    public IEnumerable<OptimizerState> All() =>
        from parameter in _table
        from state in parameter.Value
        select new OptimizerState(parameter.Key, state.Key, state.Value);

    public void Load(string parameter, string state, Tensor value)
    {
        if (!Keeps(state))
        {
            throw new ArgumentException(
                $"The state '{state}' of parameter '{parameter}' is not one of this optimizer's ({string.Join(", ", states)}): "
                + "it was saved by another kind of optimizer.");
        }

        if (!_table.TryGetValue(parameter, out var row)) _table.Add(parameter, row = new(StringComparer.Ordinal));
        if (row.Remove(state, out var old)) old.Dispose();
        using var detached = value.detach();
        row.Add(state, detached.contiguous().DetachFromDisposeScope());
    }

    /// <summary>Creates a parameter's state, all zeros, if it has none.</summary>
    public void Ensure(OptimizedParameter parameter)
    {
        if (_table.ContainsKey(parameter.Name)) return;
        var row = new SortedDictionary<string, Tensor>(StringComparer.Ordinal);
        foreach (var state in states)
        {
            var zeros = state == scalar ? zeros_(parameter) : zeros_like(parameter.Master);
            row.Add(state, zeros.DetachFromDisposeScope());
        }
        _table.Add(parameter.Name, row);

        static Tensor zeros_(OptimizedParameter p) => zeros([], dtype: ScalarType.Float32, device: p.Master.device);
    }

    /// <summary>Returns an error message if a parameter's loaded state does not fit the parameter, else null.</summary>
    public string? FindMismatch(OptimizedParameter parameter)
    {
        if (!_table.TryGetValue(parameter.Name, out var row)) return null;
        foreach (var state in states)
        {
            if (!row.TryGetValue(state, out var value)) return $"its state '{state}' was not loaded, but other state of it was";
            var (shape, type) = state == scalar ? ([], ScalarType.Float32) : (parameter.Master.shape, parameter.Master.dtype);
            if (!value.shape.SequenceEqual(shape) || value.dtype != type)
            {
                return $"its state '{state}' is {value.dtype} [{string.Join(", ", value.shape)}], "
                    + $"but must be {type} [{string.Join(", ", shape)}]";
            }
        }
        return null;
    }

    public void Forget(string parameter)
    {
        if (!_table.Remove(parameter, out var row)) return;
        foreach (var value in row.Values) value.Dispose();
    }

    public void Dispose()
    {
        foreach (var parameter in _table.Keys.ToArray()) Forget(parameter);
    }
}
