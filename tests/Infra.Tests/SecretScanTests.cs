namespace OrleansTagging.Infra.Tests;

public sealed class SecretScanTests
{
    // Put together here, so that the scan of this file does not find them.
    public static TheoryData<string> Planted() =>
    [
        "-----BEGIN " + "RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEAu1SU1LfVLPHCozMx",
        "-----BEGIN " + "PRIVATE KEY-----\nMIIEowIBAAKCAQEAu1SU1LfVLPHCozMx",
        "AccountName=x;AccountKey" + "=AAAAC3NzaC1lZDI1NTE5AAAAIJkq0vAAAAC3NzaC1lZDI1NTE5AAAAIJkq0v==",
        "https://x.blob.core.windows.net/c?sv=2024&" + "sig=Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9v%3D",
        "Instrumentation" + "Key=01234567-89ab-4cde-8f01-23456789abcd",
        "token: gh" + "p_0123456789abcdefghijABCDEFGHIJ456789",
        "AK" + "IAIOSFODNN7EXAMPLE",
        "ey" + "JhbGciOiJIUzI1NiJ9.ey" + "JzdWIiOiIxMjM0NTY3ODkwIn0.c2lnbmF0dXJlLW9mLXRoaXM",
        "https://default:" + "s3cretpassword@cache.example/path",
        "client_secret" + " = \"Zx81Kq02LmNopQrStUv93WxYz0aB\"",
    ];

    [Theory]
    [MemberData(nameof(Planted))]
    public void A_planted_secret_is_found(string text)
    {
        var found = Assert.Single(SecretScan.Find("file", $"one\n{text}\n"));
        Assert.StartsWith("file:2: ", found, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Tagging__HttpToken: ${TAGGING_TOKEN:?copy .env.example}")]
    [InlineData("host:6380,password=…,ssl=true")]
    [InlineData("public const string Password = \"correct-horse-battery-staple\";")]
    [InlineData("output dashboard string = 'https://cpu.${environment.outputs.defaultDomain}'")]
    [InlineData("AZURE_STORAGE_CONNECTION_STRING: UseDevelopmentStorage=true;DevelopmentStorageProxyUri=http://azurite")]
    public void What_names_a_secret_without_giving_it_is_let_be(string text) => Assert.Empty(SecretScan.Find("file", text));

    [Fact]
    public async Task No_file_of_the_repository_holds_a_secret()
    {
        var listed = await Repository.RunAsync("git", null, "ls-files", "-z", "--cached", "--others", "--exclude-standard");
        Assert.SkipWhen(listed is null or { Code: not 0 }, "This is no checkout of git.");
        string[] files = [.. listed!.Value.Out.Split('\0', StringSplitOptions.RemoveEmptyEntries).Where(file => File.Exists(Repository.Path(file)))];
        Assert.True(files.Length > 100);
        Assert.Empty(files.SelectMany(file =>
        {
            var text = Repository.Read(file);
            // Pictures and the like.
            return text.Contains('\0') ? [] : SecretScan.Find(file, text);
        }));
        Assert.DoesNotContain(files, file => Path.GetFileName(file) is ".env" or "id_rsa" || file.EndsWith(".pfx", StringComparison.Ordinal));
    }
}
