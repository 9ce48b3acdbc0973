using System.Diagnostics.CodeAnalysis;
using static TorchSharp.torch;

namespace Distributed.Parity.Tests;

/// <summary>The tensors of one file of a case. Asking for one that a check cannot do without fails with the file and the name.</summary>
public sealed class GoldenTensors(string file, Dictionary<string, Tensor> tensors)
{
    /// <summary>The names, in no order.</summary>
    public IEnumerable<string> Names => tensors.Keys;

    /// <summary>A tensor that has to be there.</summary>
    public Tensor this[string name]
    {
        get
        {
            Assert.True(tensors.TryGetValue(name, out var value), $"{file}: tensor '{name}' is missing.");
            return value!;
        }
    }

    /// <summary>Whether there is such a tensor.</summary>
    public bool Has(string name) => tensors.ContainsKey(name);

    /// <summary>A tensor that a case may leave out.</summary>
    public bool TryGet(string name, [NotNullWhen(true)] out Tensor? value) => tensors.TryGetValue(name, out value);

    /// <summary>How many of {prefix}0, {prefix}1, ... there are.</summary>
    public int Count(string prefix)
    {
        var count = 0;
        while (Has($"{prefix}{count}")) count++;
        return count;
    }
}
