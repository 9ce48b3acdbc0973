using System.Text.RegularExpressions;
using Distributed.Data.Tokenizers.PreTokenizers;
using Distributed.Data.Tokenizers.Unicode;

namespace Distributed.Data.Tokenizers.Format;

/// <summary>Reads <c>pre_tokenizer</c>: ByteLevel, Split, Digits, or a Sequence of them.</summary>
internal static class PreTokenizerReader
{
    public static PreTokenizer? Read(TokenizerJson json)
    {
        if (json.IsNull)
        {
            throw json.Wrong("a byte-level tokenizer must split text with \"ByteLevel\", alone or last in a \"Sequence\"");
        }

        var stages = new List<PreTokenizer>();
        if (!AddStages(json, stages))
        {
            throw json.Wrong("it must contain \"ByteLevel\": only byte-level vocabularies are supported");
        }

        return PreTokenizer.Chain(stages);
    }

    /// <summary>Adds the stages of an element; returns whether they include ByteLevel.</summary>
    private static bool AddStages(TokenizerJson json, List<PreTokenizer> stages)
    {
        switch (json["type"].Text)
        {
            case "Sequence":
                return json["pretokenizers"].Items().Select(stage => AddStages(stage, stages)).ToList().Contains(true);
            case "ByteLevel":
                AddByteLevel(json, stages);
                return true;
            case "Split":
                stages.Add(ReadSplit(json));
                return false;
            case "Digits":
                stages.Add(new DigitsPreTokenizer(json["individual_digits"].Flag(otherwise: false)));
                return false;
            default:
                throw json["type"].Wrong("supported are \"ByteLevel\", \"Split\", \"Digits\" and \"Sequence\"");
        }
    }

    private static void AddByteLevel(TokenizerJson json, List<PreTokenizer> stages)
    {
        if (json["add_prefix_space"].Flag(otherwise: true))
        {
            stages.Add(new PrefixSpacePreTokenizer());
        }

        if (json["use_regex"].Flag(otherwise: true))
        {
            stages.Add(new SplitPreTokenizer(new CodePointRegex(Patterns.Gpt2)));
        }
    }

    private static SplitPreTokenizer ReadSplit(TokenizerJson json)
    {
        var keepGaps = (json["behavior"].Text, json["invert"].Flag(otherwise: false)) switch
        {
            ("Isolated", _) => true,
            ("Removed", true) => false,
            _ => throw json["behavior"].Wrong("supported are \"Isolated\", and \"Removed\" with invert = true"),
        };
        var literal = json["pattern"]["String"];
        var regex = json["pattern"]["Regex"];
        try
        {
            return new SplitPreTokenizer(new CodePointRegex(literal.IsNull ? regex.Text : Regex.Escape(literal.Text)), keepGaps);
        }
        catch (ArgumentException e)
        {
            throw regex.Wrong($"it must be an expression that .NET supports ({e.Message.TrimEnd('.')})");
        }
    }
}
