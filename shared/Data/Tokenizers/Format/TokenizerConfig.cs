using System.Text.Json;
using Distributed.Configuration;

namespace Distributed.Data.Tokenizers.Format;

/// <summary>Reads the token that ends a text from tokenizer_config.json.</summary>
internal static class TokenizerConfig
{
    /// <summary>
    /// The id of the token that ends a text; null if there is none. &lt;|endoftext|&gt; takes precedence, because a chat model's
    /// <c>eos_token</c> ends a turn and not a document.
    /// </summary>
    public static int? EndOfText(byte[]? config, string source, TokenizerDefinition definition) =>
        IdOf(BpeTokenizer.EndOfText, definition) ?? (NameOfEnd(config, source) is { } name ? IdOf(name, definition) : null);

    private static string? NameOfEnd(byte[]? config, string source)
    {
        if (config is null)
        {
            return null;
        }

        try
        {
            using var document = JsonText.Document(config, DocumentLimits.Tokenizer);
            var end = new TokenizerJson(Path.Combine(Path.GetDirectoryName(source) ?? "", BpeTokenizer.ConfigFileName), "",
                document.RootElement)["eos_token"];
            return end.IsNull ? null : end.Element.ValueKind == JsonValueKind.Object ? end["content"].Text : end.Text;
        }
        catch (DocumentException e)
        {
            throw new DataException(
                $"The {BpeTokenizer.ConfigFileName} beside '{source}' cannot be used: {e.Message.TrimEnd('.')}. Fix or remove it.", e);
        }
    }

    private static int? IdOf(string content, TokenizerDefinition definition)
    {
        var added = definition.AddedTokens.FirstOrDefault(token => token.Content == content);
        return added is not null ? added.Id : definition.Table.Vocabulary.TryGetValue(content, out var id) ? id : null;
    }
}
