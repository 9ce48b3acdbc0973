namespace Distributed.Configuration.Keys;

/// <summary>The documentation of one key.</summary>
/// <param name="Name">Name of the key; keys of a section below are prefixed with its name and a dot.</param>
/// <param name="Allowed">The allowed values.</param>
/// <param name="Default">The value of a missing key; empty if the key is required.</param>
/// <param name="Meaning">Meaning of the key.</param>
public sealed record KeyDescription(string Name, string Allowed, string Default, string Meaning)
{
    /// <summary>The table of a page, in Markdown: a header and one line for each key.</summary>
    public static string Table(IEnumerable<KeyDescription> keys) => string.Concat(
        keys.Select(key => key.ToString()).Prepend("| key | allowed | default | meaning |\n|---|---|---|---|\n"));

    /// <summary>The key's line in <see cref="Table"/>.</summary>
    public override string ToString()
    {
        var value = Default.Length == 0 ? "required" : $"`{Default}`";
        return $"| `{Name}` | {Escape(Allowed)} | {value} | {Escape(Meaning)} |\n";
    }

    private static string Escape(string text) => text.Replace("|", "\\|", StringComparison.Ordinal);
}
