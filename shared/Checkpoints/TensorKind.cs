using System.Text.Json.Serialization;

namespace Distributed.Checkpoints;

/// <summary>The kind of a tensor; weights and optimizer state are in separate files.</summary>
public enum TensorKind
{
    /// <summary>A parameter or buffer of the model under its Hugging Face name.</summary>
    [JsonStringEnumMemberName("weights")]
    Weights,

    /// <summary>Optimizer state, by convention <c>parameter name.master|exp_avg|exp_avg_sq|momentum</c>.</summary>
    [JsonStringEnumMemberName("optimizer")]
    Optimizer,
}

/// <summary>The spelling of <see cref="TensorKind"/> in file names and messages.</summary>
public static class TensorKindText
{
    public static string ToText(this TensorKind kind) => kind switch
    {
        TensorKind.Weights => "weights",
        TensorKind.Optimizer => "optimizer",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "No such kind of tensor."),
    };
}
