public import OrganisationModel

extension FordelerError.Code {
    /// The state could not be written or read; the message says whether room, rights or a damage is the cause.
    public static let storageFailed = FordelerError.Code("state.failed")
    public static let diskFull = FordelerError.Code("state.disk-full")
    /// The disk did not do what it was told: nobody may go on as if it had.
    public static let storageBroken = FordelerError.Code("state.io-failed")
    /// The program was told to stop.
    public static let interrupted = FordelerError.Code("state.interrupted")
    /// Another program owns the state folder.
    public static let stateInUse = FordelerError.Code("state.in-use")
    /// The state was written by a newer program.
    public static let stateTooNew = FordelerError.Code("state.too-new")
    public static let stateDamaged = FordelerError.Code("state.damaged")
}
