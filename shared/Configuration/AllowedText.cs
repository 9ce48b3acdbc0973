namespace Distributed.Configuration;

/// <summary>The texts that name the allowed values of a kind of key, in messages and documentation.</summary>
public static class AllowedText
{
    public const string Flag = "true or false", Text = "a string", Texts = "a string or a list of strings",
        Section = "a section of keys; leave the key out for the defaults";

    public static string Words(IEnumerable<string> words) => "one of " + string.Join(", ", words);

    public static string Reals(int count) => $"a list of {count} numbers";

    public static string OrNull(string allowed) => $"{allowed}, or null";
}
