namespace Distributed.Protocol.Identities;

/// <summary>One run of a job; the same job run twice has two.</summary>
/// <param name="Value">Never used twice.</param>
public readonly record struct JobId(string Value)
{
    /// <inheritdoc/>
    public override string ToString() => Value;
}
