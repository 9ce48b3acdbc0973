namespace Distributed.Data.Tokenizers.Unicode;

/// <summary>Repairs strings with half of a surrogate pair, which UTF-8 cannot express.</summary>
internal static class WellFormed
{
    /// <summary>The text with every lone surrogate replaced by U+FFFD; the same object if there is none.</summary>
    public static string Repair(string text)
    {
        if (!HasLoneSurrogate(text))
        {
            return text;
        }

        return string.Create(text.Length, text, static (repaired, original) =>
        {
            original.CopyTo(repaired);
            for (var i = 0; i < repaired.Length; i++)
            {
                if (i + 1 < repaired.Length && char.IsSurrogatePair(repaired[i], repaired[i + 1]))
                {
                    i++;
                }
                else if (char.IsSurrogate(repaired[i]))
                {
                    repaired[i] = '\uFFFD';
                }
            }
        });
    }

    private static bool HasLoneSurrogate(string text)
    {
        for (var i = text.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF'); i >= 0 && i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i]))
            {
                continue;
            }

            if (i + 1 >= text.Length || !char.IsSurrogatePair(text[i], text[i + 1]))
            {
                return true;
            }

            i++;
        }

        return false;
    }
}
