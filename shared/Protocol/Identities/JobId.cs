namespace Distributed.Protocol.Identities;

/// <summary>The identity of one run of a job; a job that runs twice has two.</summary>
/// <param name="Value">A unique text.</param>
public readonly record struct JobId(string Value)
{
    /// <inheritdoc/>
    public override string ToString() => Value;
}
