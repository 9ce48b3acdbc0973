namespace Distributed.Data.Corpora.Documentation;

/// <summary>
/// A documentation id as compilers write it ("M:System.Array.Fill``1(``0[],``0)"): its kind, its type, and the member's own name.
/// </summary>
internal readonly record struct MemberName(char Kind, string Type, string Member)
{
    public static MemberName Parse(string id)
    {
        var kind = id.Length > 1 && id[1] == ':' ? id[0] : 'T';
        var name = kind == 'T' && !id.StartsWith("T:", StringComparison.Ordinal) ? id : id[2..];
        var parameters = name.AsSpan().IndexOfAny('(', '~');
        name = parameters < 0 ? name : name[..parameters];
        if (kind is 'T' or 'N' or '!')
        {
            return new(kind, name, "");
        }

        // An explicitly implemented member has its interface's name with '#' for '.', so the last dot separates type and member.
        var dot = name.LastIndexOf('.');
        return dot < 0 ? new(kind, name, "") : new(kind, name[..dot], name[(dot + 1)..]);
    }

    /// <summary>The name in prose: "String", "List", "Array.Fill".</summary>
    public string ShortName
    {
        get
        {
            var type = Kind == 'N' ? Type : Type[(Type.LastIndexOf('.') + 1)..];
            if (Member.Length == 0)
            {
                return WithoutArity(type);
            }

            var member = Member is "#ctor" or "#cctor" ? type : Member[(Member.LastIndexOf('#') + 1)..];
            return Member is "#ctor" or "#cctor" ? WithoutArity(type) : $"{WithoutArity(type)}.{WithoutArity(member)}";
        }
    }

    private static string WithoutArity(string name) => name.IndexOf('`') is >= 0 and var at ? name[..at] : name;
}
