using System.ComponentModel;

namespace Udf.Worker.Direct.Internal;

/// <summary>A process that was not started for a reason that this library found itself: its message says all.</summary>
internal sealed class LaunchRefusedException(string message) : Win32Exception(message);
