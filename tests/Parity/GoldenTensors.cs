using System.Diagnostics.CodeAnalysis;
using static TorchSharp.torch;

namespace Distributed.Parity.Tests;

/// <summary>The tensors of one file of a case. A missing required tensor fails the test with the file and the name.</summary>
public sealed class GoldenTensors(string file, Dictionary<string, Tensor> tensors)
{
    /// <summary>Names of the tensors, in no particular order.</summary>
    public IEnumerable<string> Names => tensors.Keys;

    /// <summary>Returns a required tensor.</summary>
    public Tensor this[string name]
    {
        get
        {
            Assert.True(tensors.TryGetValue(name, out var value), $"{file}: tensor '{name}' is missing.");
            return value!;
        }
    }

    /// <summary>Whether the file contains a tensor.</summary>
    public bool Has(string name) => tensors.ContainsKey(name);

    /// <summary>Gets an optional tensor.</summary>
    public bool TryGet(string name, [NotNullWhen(true)] out Tensor? value) => tensors.TryGetValue(name, out value);

    /// <summary>Counts the consecutive tensors {prefix}0, {prefix}1, ...</summary>
    public int Count(string prefix)
    {
        var count = 0;
        while (Has($"{prefix}{count}")) count++;
        return count;
    }
}
