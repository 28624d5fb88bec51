namespace Udf.Worker.Direct.Internal;

/// <summary>What the warden runs: plain POSIX shell with <c>grep</c>, which every system has that has workers.</summary>
internal static class WardenScript
{
    /// <summary>
    /// Keeps the list of groups that it is told; at the end of its input, which is the end of the host, kills them, and then whatever still carries the mark of the host (<c>$1</c>):
    /// a process that had been started and not yet told, and one that left its group. A group whose leader is not the process that was told (the start time differs) is left alone.
    /// </summary>
    public const string Text = """
        trap '' HUP INT QUIT TERM PIPE USR1 USR2 TSTP
        exec >/dev/null 2>&1 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-
        mark=$1
        listed=
        while read -r verb group start; do
          case $verb in
            add) listed="$listed $group:$start" ;;
            remove)
              kept=
              for entry in $listed; do
                [ "${entry%%:*}" = "$group" ] || kept="$kept $entry"
              done
              listed=$kept ;;
          esac
        done
        for entry in $listed; do
          group=${entry%%:*}
          if read -r stat < "/proc/$group/stat"; then
            set -f
            set -- ${stat##*) }
            set +f
            [ "${20}" = "${entry#*:}" ] || continue
          fi
          kill -s KILL -- "-$group" || kill -s KILL "$group"
        done
        round=0
        while [ "$round" -lt 50 ]; do
          round=$((round + 1))
          found=
          for file in $(grep -l -s -F -e "UDF_WORKER_HOST=$mark" /proc/[0-9]*/environ); do
            process=${file#/proc/}
            kill -s KILL "${process%/environ}" && found=1
          done
          [ "$found" ] || break
        done
        """;
}
