using System.Globalization;
using Distributed.Training.Objectives;
using static TorchSharp.torch;

namespace Distributed.Parity.Tests.Families.Objectives;

/// <summary>
/// A case of padded [B, T] inputs, whose tokens are given to the objectives without the padding, in float64.
/// </summary>
internal sealed class ObjectiveCase(GoldenCase golden, GoldenTensors inputs, Tensor mask)
{
    private readonly Tensor _mask = mask.to(ScalarType.Bool);
    private readonly GoldenTensors _expected = golden.Load("expected.safetensors");
    private readonly HashSet<string> _checked = [];

    /// <summary>Layout of the tokens.</summary>
    public Responses Responses { get; } = new([.. mask.sum(-1).data<long>().Select(length => (int)length)]);

    /// <summary>Counts of the case, which is a whole batch.</summary>
    public GlobalResponses Global => new(Responses.Sequences, Responses.Tokens);

    /// <summary>Names of the expected tensors.</summary>
    public IEnumerable<string> Names => _expected.Names;

    /// <summary>Returns an input of tokens without the padding: [B, T] -> [N], or [B, T, V] -> [N, V].</summary>
    public Tensor Tokens(string name) => Tokens(inputs[name]);

    /// <summary>Returns tokens without the padding.</summary>
    public Tensor Tokens(Tensor padded) =>
        (padded.is_floating_point() ? padded.to(ScalarType.Float64) : padded)[TensorIndex.Tensor(_mask)].detach();

    /// <summary>Returns an input with a gradient, padded, in float64.</summary>
    public Tensor Leaf(string name) => inputs[name].to(ScalarType.Float64).detach().requires_grad_();

    /// <summary>Selects the tokens of a leaf, with a gradient.</summary>
    public Tensor Select(Tensor leaf) => leaf[TensorIndex.Tensor(_mask)];

    /// <summary>Log-probabilities of the response's tokens, [N], with a gradient through the logits.</summary>
    public Tensor LogProbabilities(Tensor logits, string ids) =>
        Select(logits.log_softmax(-1)).gather(1, Tokens(ids).unsqueeze(1)).squeeze(1);

    /// <summary>The sum of weighted token losses.</summary>
    public Tensor Aggregate(Tensor losses, LossAggregation aggregation, int constantLength = 0) =>
        (losses * TokenWeights.Of(aggregation, Responses, Global, ScalarType.Float64, constantLength)).sum();

    /// <summary>Compares a number or a tensor, if the case has the name.</summary>
    public void Check(string name, Tensor actual)
    {
        if (!_expected.TryGet(name, out var expected)) return;
        _checked.Add(name);
        Compare.CloseEach($"{golden.Name}: {name}", actual.reshape(expected.shape), expected,
            golden.Tolerances.Get("rel", 1e-5), golden.Tolerances.Get("abs", 1e-5));
    }

    /// <summary>Compares a number, if the case has the name.</summary>
    public void Check(string name, double actual) => Check(name, tensor(new[] { actual }));

    /// <summary>Compares a value of tokens, if the case has the name; the reference's values of the padding do not count.</summary>
    public void CheckTokens(string name, Tensor actual)
    {
        if (!_expected.TryGet(name, out var expected)) return;
        _checked.Add(name);
        Compare.CloseEach($"{golden.Name}: {name}", actual, Tokens(expected),
            golden.Tolerances.Get("rel", 1e-5), golden.Tolerances.Get("abs", 1e-5));
    }

    /// <summary>Fails if an expected tensor was not compared.</summary>
    public void CheckComplete() =>
        Assert.True(_expected.Names.Except(_checked).ToArray() is [], $"{golden.Name}: not checked: " +
            string.Join(", ", _expected.Names.Except(_checked).Order()));

    /// <summary>Returns the number that follows a prefix in a name, up to the next dot that does not belong to it.</summary>
    public static double NumberAfter(string name, string prefix)
    {
        var digits = name[(name.IndexOf(prefix, StringComparison.Ordinal) + prefix.Length)..];
        var length = digits.TakeWhile((c, i) =>
                char.IsAsciiDigit(c) || (c == '.' && i + 1 < digits.Length && char.IsAsciiDigit(digits[i + 1])))
            .Count();
        return double.Parse(digits[..length], CultureInfo.InvariantCulture);
    }
}
