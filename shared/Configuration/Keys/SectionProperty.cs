using System.Linq.Expressions;
using System.Reflection;

namespace Distributed.Configuration.Keys;

/// <summary>Reads a property of an immutable section, and copies the section with another value of the property.</summary>
internal sealed class SectionProperty<TSection, TValue>
    where TSection : class
{
    private static readonly Func<object, object> Copy = typeof(object)
        .GetMethod(nameof(MemberwiseClone), BindingFlags.Instance | BindingFlags.NonPublic)!.CreateDelegate<Func<object, object>>();

    private readonly PropertyInfo[] _path; // from the section to the property

    /// <summary>Finds the property.</summary>
    /// <param name="property">
    /// A property of the section, <c>section => section.Property</c>, or of a part that a property holds and that may be cast,
    /// <c>section => ((Part)section.Part).Property</c>. Setters may be init-only.
    /// </param>
    /// <exception cref="ArgumentException">The expression is something else, or a property has no setter.</exception>
    public SectionProperty(Expression<Func<TSection, TValue>> property)
    {
        var path = new Stack<PropertyInfo>();
        var body = property.Body;
        while (body is not ParameterExpression || path.Count == 0)
        {
            switch (body)
            {
                case MemberExpression { Member: PropertyInfo { SetMethod: not null, GetMethod: not null } member, Expression: { } owner }:
                    path.Push(member);
                    body = owner;
                    break;
                case UnaryExpression { NodeType: ExpressionType.Convert, Operand: MemberExpression cast } when path.Count > 0:
                    body = cast;
                    break;
                default: throw new ArgumentException($"{property} is not a property with a setter.", nameof(property));
            }
        }

        _path = [.. path];
    }

    /// <summary>Returns the value of the property.</summary>
    public TValue Get(TSection section) => (TValue)_path.Aggregate((object?)section, (part, property) => property.GetValue(part))!;

    /// <summary>Returns a copy of the section with another value.</summary>
    public TSection With(TSection section, TValue value) => (TSection)With(section, value, 0);

    // Copies the part at the given depth of the path, and the parts below it.
    private object With(object part, TValue value, int depth)
    {
        var (copy, property) = (Copy(part), _path[depth]);
        property.SetValue(copy, depth == _path.Length - 1 ? value : With(property.GetValue(part)!, value, depth + 1));
        return copy;
    }
}
