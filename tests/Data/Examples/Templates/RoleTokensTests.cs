using Distributed.Data.Examples.Records;
using Distributed.Data.Examples.Templates;
using Distributed.Data.Tokenizers;

namespace Distributed.Data.Tests.Examples.Templates;

public sealed class RoleTokensTests
{
    [Fact]
    public void Of_TokenizerTrainedWithRoles_FindsEachToken()
    {
        var tokenizer = ExampleTokenizers.WithRoles;
        var roles = RoleTokens.Of(tokenizer);
        int[] ids = [roles.Of(Role.System), roles.Of(Role.User), roles.Of(Role.Assistant), roles.End];
        Assert.Equal("<|system|><|user|><|assistant|><|end|>", tokenizer.Decode(ids));
        Assert.All(ids, id => Assert.True(tokenizer.IsSpecial(id)));
        Assert.Equal(BpeTokenizer.EndOfText, tokenizer.Decode([tokenizer.EndOfTextId]));
    }

    [Fact]
    public void Of_TokenizerWithoutThem_NamesTheMissingAndTheFix()
    {
        var message = Assert.Throws<DataException>(() => RoleTokens.Of(ExampleTokenizers.WithoutRoles)).Message;
        Assert.Contains("no special token <|system|>, <|user|>, <|assistant|>, <|end|>", message);
        Assert.Contains("tokenizer train --roles", message);
    }
}
