using System.Text.Encodings.Web;
using System.Text.Json;
using Distributed.Data.Tokenizers.Training;

namespace Distributed.Data.Tokenizers.Format;

/// <summary>Writes a trained tokenizer in the format of Hugging Face's libraries; the same tokenizer gives the same bytes.</summary>
internal static class TokenizerWriter
{
    private static readonly JsonWriterOptions Layout = new()
    {
        Indented = true, IndentSize = 1, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping
    };

    /// <summary>The content of tokenizer.json.</summary>
    /// <param name="vocabulary">The tokens in the byte alphabet, by id; the special tokens have the ids after them.</param>
    /// <param name="merges">The merges in order of rank.</param>
    /// <param name="options">The pattern and the special tokens.</param>
    public static byte[] Write(IReadOnlyList<string> vocabulary, IReadOnlyList<(string Left, string Right)> merges,
        BpeTrainingOptions options) => Json(writer =>
    {
        writer.WriteString("version", "1.0");
        writer.WriteNull("truncation");
        writer.WriteNull("padding");
        writer.WriteStartArray("added_tokens");
        for (var i = 0; i < options.SpecialTokens.Count; i++)
        {
            writer.WriteStartObject();
            writer.WriteNumber("id", vocabulary.Count + i);
            WriteSpecial(writer, options.SpecialTokens[i]);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteNull("normalizer");
        writer.WriteStartObject("pre_tokenizer");
        writer.WriteString("type", "Sequence");
        writer.WriteStartArray("pretokenizers");
        writer.WriteStartObject();
        writer.WriteString("type", "Split");
        writer.WriteStartObject("pattern");
        writer.WriteString("Regex", options.Pattern);
        writer.WriteEndObject();
        writer.WriteString("behavior", "Isolated");
        writer.WriteBoolean("invert", false);
        writer.WriteEndObject();
        writer.WriteStartObject();
        WriteByteLevel(writer);
        writer.WriteEndObject();
        writer.WriteEndArray();
        writer.WriteEndObject();
        foreach (var part in (string[])["post_processor", "decoder"])
        {
            writer.WriteStartObject(part);
            WriteByteLevel(writer);
            writer.WriteEndObject();
        }

        WriteModel(writer, vocabulary, merges);
    });

    /// <summary>The content of tokenizer_config.json.</summary>
    /// <param name="firstSpecial">The id of the first special token.</param>
    /// <param name="options">The special tokens.</param>
    public static byte[] WriteConfig(int firstSpecial, BpeTrainingOptions options) => Json(writer =>
    {
        writer.WriteBoolean("add_prefix_space", false);
        writer.WriteStartObject("added_tokens_decoder");
        for (var i = 0; i < options.SpecialTokens.Count; i++)
        {
            writer.WriteStartObject($"{firstSpecial + i}");
            WriteSpecial(writer, options.SpecialTokens[i]);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
        writer.WriteNull("bos_token");
        var end = options.SpecialTokens.Contains(BpeTokenizer.EndOfText) ? BpeTokenizer.EndOfText : null;
        writer.WriteString("eos_token", end);
        writer.WriteString("pad_token", end);
        writer.WriteNull("unk_token");
        writer.WriteBoolean("clean_up_tokenization_spaces", false);
        writer.WriteString("tokenizer_class", "PreTrainedTokenizerFast");
    });

    private static void WriteModel(
        Utf8JsonWriter writer, IReadOnlyList<string> vocabulary, IReadOnlyList<(string Left, string Right)> merges)
    {
        writer.WriteStartObject("model");
        writer.WriteString("type", "BPE");
        writer.WriteNull("dropout");
        writer.WriteNull("unk_token");
        writer.WriteNull("continuing_subword_prefix");
        writer.WriteNull("end_of_word_suffix");
        writer.WriteBoolean("fuse_unk", false);
        writer.WriteBoolean("byte_fallback", false);
        writer.WriteBoolean("ignore_merges", false);
        writer.WriteStartObject("vocab");
        for (var id = 0; id < vocabulary.Count; id++)
        {
            writer.WriteNumber(vocabulary[id], id);
        }

        writer.WriteEndObject();
        writer.WriteStartArray("merges");
        foreach (var (left, right) in merges)
        {
            writer.WriteStringValue($"{left} {right}");
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void WriteSpecial(Utf8JsonWriter writer, string content)
    {
        writer.WriteString("content", content);
        foreach (var flag in (string[])["single_word", "lstrip", "rstrip", "normalized"])
        {
            writer.WriteBoolean(flag, false);
        }

        writer.WriteBoolean("special", true);
    }

    private static void WriteByteLevel(Utf8JsonWriter writer)
    {
        writer.WriteString("type", "ByteLevel");
        writer.WriteBoolean("add_prefix_space", false);
        writer.WriteBoolean("trim_offsets", false);
        writer.WriteBoolean("use_regex", false);
    }

    private static byte[] Json(Action<Utf8JsonWriter> write)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, Layout))
        {
            writer.WriteStartObject();
            write(writer);
            writer.WriteEndObject();
        }

        stream.Write("\n"u8);
        return stream.ToArray();
    }
}
