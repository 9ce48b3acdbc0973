using System.Text.Json;
using Distributed.Configuration;
using Distributed.Data.Tokenizers.Merging;

namespace Distributed.Data.Tokenizers.Format;

/// <summary>
/// Reads a Hugging Face tokenizer.json with a byte-level BPE model. <c>truncation</c>, <c>padding</c> and <c>post_processor</c> are
/// ignored, as with <c>add_special_tokens=False</c>: they do not affect the ids of a text.
/// </summary>
internal static class TokenizerReader
{
    public static TokenizerDefinition Read(ReadOnlyMemory<byte> json, string file)
    {
        try
        {
            using var document = JsonText.Document(json, DocumentLimits.Tokenizer);
            var root = new TokenizerJson(file, "", document.RootElement);
            var table = ReadModel(root["model"]);
            var added = AddedTokenReader.Read(root["added_tokens"], table.Vocabulary);
            RefuseForeignDecoder(root["decoder"]);
            return new TokenizerDefinition(
                table,
                root["model"]["ignore_merges"].Flag(otherwise: false),
                Composes(root["normalizer"]),
                PreTokenizerReader.Read(root["pre_tokenizer"]),
                added);
        }
        catch (DocumentException e)
        {
            throw new DataException(
                $"The tokenizer file '{file}' cannot be used: {e.Message.TrimEnd('.')}. Name a Hugging Face tokenizer.json.", e);
        }
    }

    private static MergeTable ReadModel(TokenizerJson model)
    {
        if (model["type"] is { IsNull: false } type && type.Text != "BPE")
        {
            throw type.Wrong("only \"BPE\" is supported: use a byte-level BPE tokenizer");
        }

        foreach (var affix in (string[])["continuing_subword_prefix", "end_of_word_suffix"])
        {
            if (model[affix] is { IsNull: false } value && value.Text.Length > 0)
            {
                throw value.Wrong("byte-level BPE has none (null or \"\")");
            }
        }

        if (model["byte_fallback"].Flag(otherwise: false))
        {
            throw model["byte_fallback"].Wrong("only byte-level vocabularies are supported (false)");
        }

        if (model["dropout"] is { IsNull: false } dropout
            && !(dropout.Element.ValueKind == JsonValueKind.Number && dropout.Element.GetDouble() == 0))
        {
            throw dropout.Wrong("encoding must not be random (null or 0)");
        }

        var vocabulary = VocabularyReader.Read(model["vocab"]);
        return new MergeTable(vocabulary, MergeReader.Read(model["merges"], vocabulary));
    }

    private static bool Composes(TokenizerJson normalizer)
    {
        if (normalizer.IsNull)
        {
            return false;
        }

        return normalizer["type"].Text switch
        {
            "NFC" => true,
            "Sequence" => normalizer["normalizers"].Items().Select(Composes).ToList().Contains(true),
            _ => throw normalizer["type"].Wrong("supported are null, \"NFC\" and \"Sequence\" of them"),
        };
    }

    private static void RefuseForeignDecoder(TokenizerJson decoder)
    {
        if (decoder.IsNull)
        {
            return;
        }

        switch (decoder["type"].Text)
        {
            case "ByteLevel":
                break;
            case "Sequence":
                foreach (var part in decoder["decoders"].Items())
                {
                    RefuseForeignDecoder(part);
                }

                break;
            default:
                throw decoder["type"].Wrong("supported are null, \"ByteLevel\" and \"Sequence\" of it");
        }
    }
}
