namespace Distributed.Configuration;

/// <summary>One mistake in a configuration, a fault plan or a request: the key, the value found, and the values allowed.</summary>
/// <param name="Key">Full path of the key, such as <c>model.hidden_size</c>; or the option, or the position in a text.</param>
/// <param name="Value">The value as written; null if the key is missing or has no value.</param>
/// <param name="Allowed">The allowed values or the reason, and how to fix the mistake.</param>
/// <param name="Nearest">The known key or word most similar to an unknown one; null if none is similar.</param>
public sealed record ConfigProblem(string Key, string? Value, string Allowed, string? Nearest = null)
{
    /// <summary>Separates a position in a text from the value found there.</summary>
    public const string AtPosition = ": ";

    /// <summary>The command-line option that set the value; null if the value comes from a file.</summary>
    public string? Option { get; init; }

    /// <summary>How to fix the mistake; null if <see cref="Allowed"/> already states it. By default it suggests the nearest word.</summary>
    public string? Fix
    {
        get => field ?? (Nearest is null ? null : $"did you mean {Nearest}?");
        init;
    }

    /// <summary>Text between the key and the value: by default an equals sign, or a blank after a command-line option.</summary>
    public string Separator
    {
        get => field ?? (Key.StartsWith("--", StringComparison.Ordinal) ? " " : " = ");
        init;
    }

    /// <inheritdoc/>
    public override string ToString()
    {
        var value = Value is null ? "" : Separator + Value;
        return $"{(Option is null ? "" : $"{Option} ")}{Key}{value}: {Allowed}{(Fix is null ? "" : $"; {Fix}")}";
    }
}
