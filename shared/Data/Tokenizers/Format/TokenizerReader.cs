using System.Text.Json;
using Distributed.Configuration;
using Distributed.Data.Tokenizers.AddedTokens;
using Distributed.Data.Tokenizers.Merging;

namespace Distributed.Data.Tokenizers.Format;

/// <summary>
/// Reads a Hugging Face tokenizer.json that holds a byte-level BPE model. <c>truncation</c>, <c>padding</c> and
/// <c>post_processor</c> are the caller's policy and not text to ids: they are passed over, as with
/// <c>add_special_tokens=False</c>.
/// </summary>
internal static class TokenizerReader
{
    public static TokenizerDefinition Read(ReadOnlyMemory<byte> json, string file)
    {
        JsonDocument document;
        try
        {
            document = JsonText.Document(json, DocumentLimits.Tokenizer);
        }
        catch (DocumentException e)
        {
            throw new DataException($"The tokenizer file '{file}' cannot be used: {e.Message.TrimEnd('.')}. Name a Hugging Face tokenizer.json.", e);
        }

        using (document)
        {
            var root = new TokenizerJson(file, "", document.RootElement);
            var added = root["added_tokens"] is { IsNull: false } tokens ? tokens.Items().Select(ReadAdded).ToList() : [];
            RefuseForeignDecoder(root["decoder"]);
            return new TokenizerDefinition(
                ReadModel(root["model"], added),
                root["model"]["ignore_merges"].Flag(otherwise: false),
                Composes(root["normalizer"]),
                PreTokenizerReader.Read(root["pre_tokenizer"]),
                added);
        }
    }

    private static MergeTable ReadModel(TokenizerJson model, List<AddedToken> added)
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

        if (model["dropout"] is { IsNull: false } dropout && !(dropout.Element.ValueKind == JsonValueKind.Number && dropout.Element.GetDouble() == 0))
        {
            throw dropout.Wrong("encoding must not be random (null or 0)");
        }

        var vocabulary = ReadVocabulary(model["vocab"]);
        return new MergeTable(vocabulary, model["merges"].Items().Select(merge => ReadMerge(merge, vocabulary)).ToList());
    }

    private static Dictionary<string, int> ReadVocabulary(TokenizerJson vocab)
    {
        var vocabulary = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var (token, id) in vocab.Entries())
        {
            vocabulary[token] = id.Id;
        }

        for (var value = 0; value < 256; value++)
        {
            var symbol = ByteAlphabet.CharacterOf((byte)value).ToString();
            if (!vocabulary.ContainsKey(symbol))
            {
                throw vocab[symbol].Wrong($"a byte-level vocabulary has all 256 bytes, and byte 0x{value:X2} is written '{symbol}'");
            }
        }

        return vocabulary;
    }

    private static (string Left, string Right) ReadMerge(TokenizerJson merge, Dictionary<string, int> vocabulary)
    {
        string[] parts = merge.Element.ValueKind == JsonValueKind.String
            ? merge.Text.Split(' ')
            : [.. merge.Items().Select(part => part.Text)];
        if (parts is not [{ Length: > 0 } left, { Length: > 0 } right])
        {
            throw merge.Wrong("a merge is \"left right\" or [\"left\", \"right\"]");
        }

        foreach (var token in (string[])[left, right, left + right])
        {
            if (!vocabulary.ContainsKey(token))
            {
                throw merge.Wrong($"its token '{token}' must be in model.vocab");
            }
        }

        return (left, right);
    }

    private static AddedToken ReadAdded(TokenizerJson token) => new(
        token["id"].Id,
        token["content"].Text,
        token["special"].Flag(otherwise: false),
        token["single_word"].Flag(otherwise: false),
        token["lstrip"].Flag(otherwise: false),
        token["rstrip"].Flag(otherwise: false),
        token["normalized"].Flag(otherwise: false));

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
