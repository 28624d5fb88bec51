#!/usr/bin/env bash
# Uses the packages as their users do: a new console project gets them with `dotnet add package` from a local folder, and runs a function in a worker of its own.
# usage: eng/consume-packages.sh FOLDER-OF-PACKAGES
set -euo pipefail
source=$(cd "$1" && pwd)
code=$(cd "$(dirname "${BASH_SOURCE[0]}")/consumer" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# A cache of its own, so that these very packages are used and none of an earlier run.
export NUGET_PACKAGES="$work/cache"
cd "$work"
cat >Directory.Build.props <<'XML'
<Project />
XML
cp "$code/Program.cs" "$code/consumer.csproj" .
cat >nuget.config <<XML
<configuration>
  <packageSources>
    <add key="local" value="$source" />
  </packageSources>
</configuration>
XML
for package in Udf.Worker.Direct Udf.Worker.Transport.Uds Udf.Worker.Transport.Tcp Udf.Worker.Host; do
    dotnet add package "$package" --version "$(ls "$source" | sed -n "s/^$package\.\([0-9].*\)\.nupkg\$/\1/p")"
done
dotnet add package Microsoft.Extensions.DependencyInjection --version 10.0.14
dotnet build -c Release
dotnet bin/Release/net10.0/consumer.dll
