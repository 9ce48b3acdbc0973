using System.Linq.Expressions;
using System.Reflection;

namespace Distributed.Configuration.Keys;

/// <summary>Reads a property of an immutable section, and copies the section with another value of the property.</summary>
internal sealed class SectionProperty<TSection, TValue>
    where TSection : class
{
    private static readonly Func<object, object> Copy = typeof(object)
        .GetMethod(nameof(MemberwiseClone), BindingFlags.Instance | BindingFlags.NonPublic)!.CreateDelegate<Func<object, object>>();

    private readonly Action<TSection, TValue> _set;

    /// <summary>Finds the property.</summary>
    /// <param name="property">A property of the section itself: <c>section => section.Property</c>. Its setter may be init-only.</param>
    /// <exception cref="ArgumentException">The expression is something else, or the property has no setter.</exception>
    public SectionProperty(Expression<Func<TSection, TValue>> property)
    {
        if (property.Body is not MemberExpression { Expression: ParameterExpression, Member: PropertyInfo named }
            || named is not { GetMethod: { } get, SetMethod: { } set })
        {
            throw new ArgumentException($"{property} is not a property with a setter.", nameof(property));
        }

        Get = get.CreateDelegate<Func<TSection, TValue>>();
        _set = set.CreateDelegate<Action<TSection, TValue>>();
    }

    /// <summary>Returns the value of the property.</summary>
    public Func<TSection, TValue> Get { get; }

    /// <summary>Returns a copy of the section with another value.</summary>
    public TSection With(TSection section, TValue value)
    {
        var copy = (TSection)Copy(section);
        _set(copy, value);
        return copy;
    }
}
