using System.Linq.Expressions;
using System.Text.Json.Nodes;

namespace Distributed.Configuration.Keys;

/// <content>Declares keys with a form of their own, and sections below this one.</content>
public sealed partial class KeyTable<TSection>
{
    /// <summary>Declares a key with a form of its own.</summary>
    /// <param name="name">Name of the key.</param>
    /// <param name="property">The property that holds the value.</param>
    /// <param name="meaning">Meaning of the key, for the documentation.</param>
    /// <param name="allowed">The allowed values, for the documentation.</param>
    /// <param name="read">Reads the value, given the default. Mistakes are reported to the reader.</param>
    /// <param name="write">Writes the value in a form that <paramref name="read"/> accepts.</param>
    /// <param name="isOmitted">Whether a value is written by leaving the key out; null if the key is always written.</param>
    public KeyTable<TSection> Custom<TValue>(
        string name, Expression<Func<TSection, TValue>> property, string meaning, string allowed, Func<ConfigReader, TValue, TValue> read,
        Func<TValue, JsonNode?> write, Func<TValue, bool>? isOmitted = null)
    {
        var value = new SectionProperty<TSection, TValue>(property);
        return With(new Key<TSection>
        {
            Name = name,
            Allowed = allowed,
            Meaning = meaning,
            Read = (reader, section) => value.With(section, read(reader, value.Get(section))),
            Write = section => write(value.Get(section)),
            IsOmitted = isOmitted is null ? null : section => isOmitted(value.Get(section)),
        });
    }

    /// <summary>Declares a section below this one. A missing section has the defaults; it is always written.</summary>
    /// <param name="name">Name of the section.</param>
    /// <param name="property">The property that holds the section.</param>
    /// <param name="keys">The keys of the section; others are reported.</param>
    /// <param name="then">
    /// Changes other values after the section is read: the defaults of keys that are declared later. Null changes none.
    /// </param>
    public KeyTable<TSection> Section<TPart>(string name, Expression<Func<TSection, TPart>> property, KeyTable<TPart> keys,
        Func<TSection, TSection>? then = null)
        where TPart : class
    {
        var part = new SectionProperty<TSection, TPart>(property);
        return With(new Key<TSection>
        {
            Name = name,
            Allowed = AllowedText.Section,
            Meaning = "",
            Read = (reader, section) =>
            {
                section = part.With(section, keys.ReadWhole(reader.Section(name), part.Get(section)));
                return then is null ? section : then(section);
            },
            Write = section => keys.Write(part.Get(section)),
            Inner = defaults => keys.Describe(part.Get(defaults)),
        });
    }
}
