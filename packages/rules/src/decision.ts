/** What a pure rule decided: the state that follows and the facts to tell, in their order. */
export type Decision<State, Event> = { readonly state: State; readonly events: readonly Event[] };
