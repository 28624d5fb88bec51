namespace Udf.Worker.Benchmarks.Compare;

/// <summary>Measures a row: a process for each subject, all there from the beginning, of which one at a time has its turn.</summary>
internal static class RowMeasurement
{
    internal static RowResult Run(CompareRow row, CompareOptions options)
    {
        var subjects = new List<SubjectProcess>();
        try
        {
            using (row.IsPinned ? CpuPin.ToFirst() : null)
            {
                subjects.AddRange(row.Subjects.Select(static subject => SubjectProcess.Start(subject.Description)));
            }

            subjects.ForEach(static subject => subject.WaitUntilReady());
            subjects.ForEach(subject => subject.WarmUp(options.WarmUp, options.RoundLength, row.Count));
            return new RowResult(row, [.. Enumerable.Range(0, options.RoundCount).Select(round => MeasureRound(subjects, round))]);
        }
        finally
        {
            subjects.ForEach(static subject => subject.Dispose());
        }
    }

    /// <summary>Every other round goes backwards, so that nobody always comes after the same one.</summary>
    private static Sample[] MeasureRound(List<SubjectProcess> subjects, int round)
    {
        var samples = new Sample[subjects.Count];
        for (int turn = 0; turn < samples.Length; turn++)
        {
            int index = round % 2 == 0 ? turn : samples.Length - 1 - turn;
            samples[index] = subjects[index].Measure();
        }

        return samples;
    }
}
