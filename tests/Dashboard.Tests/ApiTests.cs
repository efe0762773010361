using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using OrleansTagging.Silo.Tests;

namespace OrleansTagging.Dashboard.Tests;

[Collection(Site.Name)]
public sealed class ApiTests(Site site)
{
    [Fact]
    public async Task What_the_rounds_found_is_the_same_clip_by_clip_and_column_by_column()
    {
        var scores = await site.GetAsync("/api/experiments/tones/curricula/main/rounds/2/scores");
        var round = await site.GetAsync("/api/experiments/tones/curricula/main/rounds/2");
        var fnames = scores.GetProperty("fnames").EnumerateArray().Select(fname => fname.GetString()!).ToArray();

        Assert.Equal(60, fnames.Length);
        Assert.Equal(round.GetProperty("promoted").GetInt32(), scores.GetProperty("promoted").EnumerateArray().Count(cell => cell.GetBoolean()));
        Assert.Equal(round.GetProperty("agreementAtCut").GetDouble(), scores.GetProperty("agreements")[19].GetDouble());
        foreach (var rank in new[] { 1, 20, 60 })
        {
            var clip = await site.GetAsync($"/api/experiments/tones/curricula/main/clips/{fnames[rank - 1]}");
            var told = clip.GetProperty("rounds")[1];
            Assert.Equal(rank, told.GetProperty("rank").GetInt32());
            Assert.Equal(scores.GetProperty("agreements")[rank - 1].GetDouble(), told.GetProperty("agreement").GetDouble());
            Assert.Equal(scores.GetProperty("promoted")[rank - 1].GetBoolean(), told.GetProperty("promoted").GetBoolean());
        }
    }

    [Fact]
    public async Task Every_curated_label_counts_once_in_the_confusion_of_a_member()
    {
        var confusion = await site.GetAsync("/api/experiments/tones/members/plain/confusion");
        var member = await site.GetAsync("/api/experiments/tones/members/plain");

        var counts = confusion.GetProperty("counts").EnumerateArray().Select(row => row.EnumerateArray().Sum(cell => cell.GetInt32()));
        Assert.Equal(member.GetProperty("crossValidatedCounts").EnumerateArray().Select(cell => cell.GetInt32()), counts);
    }

    [Fact]
    public async Task Results_artifacts_and_curves_can_be_fetched()
    {
        var report = await site.GetAsync("/api/experiments/tones/report");
        Assert.Equal("tones", report.GetProperty("experiment").GetString());
        Assert.StartsWith("fname,Bell,", await site.Silo.Http.GetStringAsync("/api/experiments/tones/submission"), StringComparison.Ordinal);
        Assert.StartsWith("name: tones", await site.Silo.Http.GetStringAsync("/api/experiments/tones/file"), StringComparison.Ordinal);

        var round = await site.GetAsync("/api/experiments/tones/curricula/main/rounds/1");
        var selection = await site.Silo.Http.GetStringAsync($"/api/artifacts/{round.GetProperty("selection").GetString()}");
        Assert.Equal(1 + 10, selection.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);

        var fold = await site.GetAsync("/api/experiments/tones/folds/plain/curated/0");
        var curve = await site.GetAsync($"/api/jobs/{fold.GetProperty("trainingJob").GetString()}/curve");
        Assert.Equal(1, curve.GetProperty("columns").GetProperty("loss")[0].GetDouble());
        Assert.Equal("tones", (await site.GetAsync("/api/datasets"))[0].GetProperty("name").GetString());
    }

    [Fact]
    public async Task A_clip_sounds_as_it_was_imported_and_its_spectrogram_shows_its_tone()
    {
        var wave = await site.Silo.Http.GetByteArrayAsync("/api/experiments/tones/clips/noisy_0007_c2.wav/audio");
        Assert.Equal("RIFF"u8, wave.AsSpan(0, 4));
        Assert.Equal(8000, BitConverter.ToInt32(wave, 24));
        Assert.Equal(44 + 2 * 8000, wave.Length);
        // The dataset's first clip, one of its middle, and its last.
        foreach (var file in (string[])["train_curated/curated_0000_c0.wav", "train_noisy/noisy_0007_c2.wav", "test/test_0009_c4.wav"])
        {
            var imported = await File.ReadAllBytesAsync(Path.Combine(site.Store.Source, file), TestContext.Current.CancellationToken);
            Assert.Equal(imported, await site.Silo.Http.GetByteArrayAsync($"/api/experiments/tones/clips/{Path.GetFileName(file)}/audio"));
        }

        using var answer = await site.Silo.Http.GetAsync("/api/experiments/tones/clips/noisy_0007_c2.wav/spectrogram");
        Assert.Equal("image/png", answer.Content.Headers.ContentType!.MediaType);
        var picture = await answer.Content.ReadAsByteArrayAsync();
        Assert.Equal("\x89PNG", Encoding.Latin1.GetString(picture, 0, 4));
        // 100 frames of 96 bands.
        Assert.Equal(100, BitConverter.ToInt32([.. picture[16..20].Reverse()]));
        Assert.Equal(96, BitConverter.ToInt32([.. picture[20..24].Reverse()]));
    }

    [Theory]
    [InlineData("/api/experiments/none")]
    [InlineData("/api/experiments/tones/curricula/main/rounds/3")]
    [InlineData("/api/experiments/tones/curricula/main/rounds/3/scores")]
    [InlineData("/api/experiments/tones/curricula/main/clips/none.wav")]
    [InlineData("/api/experiments/tones/clips/none.wav/audio")]
    [InlineData("/api/experiments/tones/members/none")]
    [InlineData("/api/jobs/none")]
    [InlineData("/api/jobs/cpu-none")]
    [InlineData("/api/artifacts/..%2F..%2Fetc%2Fpasswd")]
    [InlineData("/api/artifacts/0000000000000000000000000000000000000000000000000000000000000000.csv")]
    [InlineData("/api/events?experiment=none")]
    public async Task What_is_not_there_is_said_in_a_line(string path)
    {
        using var answer = await site.Silo.Http.GetAsync(path);

        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        var problem = await answer.Content.ReadFromJsonAsync<JsonElement>();
        Assert.NotEmpty(problem.GetProperty("detail").GetString()!);
    }

    [Fact]
    public async Task A_file_that_cannot_be_read_is_refused_with_its_line()
    {
        using var answer = await site.Silo.Http.PostAsJsonAsync("/api/experiments", new { yaml = "name: tones\nfolts: 3\n", fileName = "a.yaml" });

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.StartsWith(
            "a.yaml line 2", (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_sites_page_may_change_nothing_and_another_name_reads_nothing()
    {
        async Task<HttpStatusCode> Send(HttpMethod method, string path, params (string Name, string Value)[] headers)
        {
            using var request = new HttpRequestMessage(method, path);
            foreach (var (name, value) in headers)
            {
                request.Headers.TryAddWithoutValidation(name, value);
            }
            using var answer = await site.Silo.Http.SendAsync(request);
            return answer.StatusCode;
        }

        const string Pause = "/api/experiments/tones/pause";
        Assert.Equal(HttpStatusCode.Forbidden, await Send(HttpMethod.Post, Pause, ("Origin", "https://example.org")));
        Assert.Equal(HttpStatusCode.Forbidden, await Send(HttpMethod.Post, Pause, ("Origin", "null")));
        Assert.Equal(HttpStatusCode.Forbidden, await Send(HttpMethod.Post, Pause, ("Sec-Fetch-Site", "cross-site")));
        Assert.Equal(HttpStatusCode.OK, await Send(HttpMethod.Post, Pause, ("Origin", site.Address), ("Sec-Fetch-Site", "same-origin")));
        Assert.Equal(HttpStatusCode.Forbidden, await Send(HttpMethod.Get, "/api/experiments", ("Host", "example.org")));
    }

    [Fact]
    public async Task The_read_token_looks_and_the_full_one_changes()
    {
        const string Full = "full-token-of-the-test", Read = "read-token-of-the-test";
        using var store = new OrleansTagging.Commands.Tests.TemporaryFolder();
        using var silo = SiloProcess.Start(
            $"--Tagging:Store={store.Root}", $"--Tagging:HttpToken={Full}", $"--Tagging:HttpReadToken={Read}");
        await silo.ReadyAsync();
        async Task<HttpStatusCode> Submit(string token)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/api/experiments") { Content = JsonContent.Create(new { yaml = "" }) };
            request.Headers.Authorization = new("Bearer", token);
            using var answer = await silo.Http.SendAsync(request);
            return answer.StatusCode;
        }

        Assert.Equal(HttpStatusCode.OK, await silo.StatusAsync("/api/experiments", Read));
        Assert.Equal(HttpStatusCode.OK, await silo.StatusAsync("/api/experiments", Full));
        Assert.Equal(HttpStatusCode.Unauthorized, await silo.StatusAsync("/api/experiments"));
        Assert.Equal(HttpStatusCode.Forbidden, await Submit(Read));
        Assert.Equal(HttpStatusCode.Unauthorized, await Submit("another-token-of-the-test"));
        // Let through, and refused for what it says.
        Assert.Equal(HttpStatusCode.BadRequest, await Submit(Full));
        // The pages ask for the token themselves.
        Assert.Equal(HttpStatusCode.OK, await silo.StatusAsync("/"));
    }

    [Fact]
    public async Task OpenApi_describes_the_records_of_the_grains()
    {
        var document = await site.GetAsync("/openapi/v1.json");

        var paths = document.GetProperty("paths");
        Assert.True(paths.GetProperty("/api/experiments/{name}").TryGetProperty("get", out _));
        Assert.True(paths.GetProperty("/api/experiments/{name}/priority").TryGetProperty("post", out _));
        var schemas = document.GetProperty("components").GetProperty("schemas");
        foreach (var record in new[] { "ExperimentProgress", "RoundRecord", "ClipRecord", "MemberRecord", "SchedulerRecord", "RoundScores" })
        {
            Assert.True(schemas.TryGetProperty(record, out _), record);
        }
        Assert.True(schemas.GetProperty("RoundRecord").GetProperty("properties").TryGetProperty("agreementAtCut", out _));
    }

    [Fact]
    public async Task Events_begin_with_how_things_stand()
    {
        using var stream = await site.Silo.Http.GetStreamAsync("/api/events?experiment=tones");
        using var reader = new StreamReader(stream);

        string? line;
        while ((line = await reader.ReadLineAsync())!.StartsWith("event: progress", StringComparison.Ordinal) is false)
        {
        }
        var data = await reader.ReadLineAsync();
        Assert.Equal("Done", JsonDocument.Parse(data!["data: ".Length..]).RootElement.GetProperty("status").GetString());
    }

    [Fact]
    public async Task Spans_and_figures_are_exported_and_every_line_of_the_log_names_its_experiment()
    {
        foreach (var (kind, text) in new[]
        {
            ("traces", "submit"), ("traces", "job"), ("traces", "epoch 1"), ("traces", "promote"), ("metrics", "tagging.queue.length"),
            ("metrics", "tagging.leases"), ("metrics", "tagging.job.duration"), ("metrics", "tagging.training.clips"), ("metrics", "tagging.lwlrap"),
        })
        {
            await Site.UntilAsync($"{text} is exported", () => Task.FromResult(site.Telemetry.Has(kind, text)));
        }

        var logs = Directory.GetFiles(Path.Combine(site.Store.Root, "logs"), "silo-*.jsonl");
        using var file = new StreamReader(new FileStream(Assert.Single(logs), FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        var lines = (await file.ReadToEndAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => JsonDocument.Parse(line).RootElement.GetProperty("Properties")).ToArray();
        Assert.All(lines, line => Assert.True(line.TryGetProperty("Silo", out _)));
        var jobs = lines.Where(line => line.TryGetProperty("Job", out _)).ToArray();
        Assert.NotEmpty(jobs);
        Assert.All(jobs, line => Assert.True(line.TryGetProperty("Experiment", out _), line.ToString()));
        Assert.Contains(lines, line => line.TryGetProperty("Round", out _) && line.TryGetProperty("Curriculum", out _));
    }
}
