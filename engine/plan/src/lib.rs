//! The pure planner: configuration, state and answers in, plan or questions out.
