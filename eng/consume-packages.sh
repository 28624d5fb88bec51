#!/usr/bin/env bash
# Uses the packages as their users do: a new console project gets them with `dotnet add package` from a local folder, and runs a function in a worker of its own.
# Then the same with a worker from the template.
# usage: eng/consume-packages.sh FOLDER-OF-PACKAGES
set -euo pipefail
source=$(cd "$1" && pwd)
versions=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)/Directory.Packages.props
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
# Everything else comes from wherever this machine gets it.
feeds=$(dotnet nuget list source --format detailed | sed -n 's/^ *[0-9]*\. *\(.*\) \[Enabled\]$/\1/p')
cat >nuget.config <<XML
<configuration>
  <packageSources>
    <add key="local" value="$source" />
  </packageSources>
  <packageSourceMapping>
    <packageSource key="local">
      <package pattern="Udf.Worker.*" />
    </packageSource>
$(for feed in $feeds; do printf '    <packageSource key="%s">\n      <package pattern="*" />\n    </packageSource>\n' "$feed"; done)
  </packageSourceMapping>
</configuration>
XML
for package in Udf.Worker.Direct Udf.Worker.Transport.Uds Udf.Worker.Transport.Tcp Udf.Worker.Host; do
    dotnet add package "$package" --version "$(ls "$source" | sed -n "s/^$package\.\([0-9].*\)\.nupkg\$/\1/p")"
done
dotnet add package Microsoft.Extensions.DependencyInjection --version "$(sed -n 's/.*Include="Microsoft.Extensions.DependencyInjection" Version="\(.*\)".*/\1/p' "$versions")"
dotnet build -c Release
dotnet bin/Release/net10.0/consumer.dll

# A worker from the template, as its README says, published and started: all of it compiled ahead of time.
hive="$work/hive"
dotnet new install "$source"/Udf.Worker.Templates.*.nupkg --debug:custom-hive "$hive"
dotnet new udf-worker -o QuickWorker --debug:custom-hive "$hive"
dotnet publish -c Release QuickWorker -o quick
dotnet bin/Release/net10.0/consumer.dll quick/QuickWorker.dll
