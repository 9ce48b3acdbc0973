namespace Distributed.Worker.Links;

/// <summary>Where a coordinator is: <c>unix:/path/of/a/socket</c>.</summary>
/// <param name="SocketPath">The socket's path.</param>
public sealed record CoordinatorAddress(string SocketPath)
{
    private const string Unix = "unix:";

    /// <summary>From text; null where it is none.</summary>
    public static CoordinatorAddress? TryParse(string text) =>
        text.StartsWith(Unix, StringComparison.Ordinal) && text.Length > Unix.Length ? new CoordinatorAddress(text[Unix.Length..]) : null;

    /// <inheritdoc/>
    public override string ToString() => Unix + SocketPath;
}
