public import Mapping
public import OrganisationModel

/// What becomes durable together with claims.
public struct Acceptance {
    /// What a resolve found out that the next one builds on.
    public struct Standing {
        /// By what the register is made of the claims from now on; nil when that stays, as after a rollback, which never asked
        /// what another configuration would change elsewhere.
        public let precedence: Precedence?
        /// Objects about which a rule found something: they are looked at again each time.
        public let idsWithFindings: Set<ObjectID>
        /// Objects that the register keeps although claims say otherwise.
        public let pins: Set<ObjectID>

        public init(precedence: Precedence?, idsWithFindings: Set<ObjectID>, pins: Set<ObjectID>) {
            self.precedence = precedence
            self.idsWithFindings = idsWithFindings
            self.pins = pins
        }
    }

    public let overlays: [Overlay]
    public let buffer: ClaimBuffer
    /// Nil when exports said nothing new, so that nothing was resolved.
    public let standing: Standing?

    public init(overlays: [Overlay], buffer: ClaimBuffer, standing: Standing?) {
        self.overlays = overlays
        self.buffer = buffer
        self.standing = standing
    }
}
